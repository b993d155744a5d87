/**
 * Cell populations in the connectivity: what neurons load on, whether that falls into groups, and whether the groups
 * are enough to do the task (Dubreuil et al. 2022; Valente 2019, section 4.2). Pure functions on immutable networks.
 */
package kappa.analysis.populations;
