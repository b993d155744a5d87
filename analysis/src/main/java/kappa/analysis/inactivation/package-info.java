/** Predicted effects of silencing neurons, and their agreement with observed effects (Valente, Pillow &amp; Ostojic 2022). */
package kappa.analysis.inactivation;
