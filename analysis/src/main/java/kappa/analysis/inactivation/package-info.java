/**
 * Predicted effects of silencing neurons, and their agreement with observed effects (Valente, Pillow &amp; Ostojic
 * 2022; Dubreuil et al. 2022). Pure functions on immutable snapshots; no class here knows a topic or an actor.
 */
package kappa.analysis.inactivation;
