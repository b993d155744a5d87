/**
 * What a fitted network says silencing neurons will do, and how well that agrees with the truth (Valente, Pillow &amp; Ostojic
 * 2022; Dubreuil et al. 2022). Pure functions on immutable snapshots; no class here knows a topic or an actor.
 */
package kappa.analysis.inactivation;
