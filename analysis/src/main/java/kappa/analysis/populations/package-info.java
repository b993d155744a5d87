/** Cell populations in the connectivity, and whether they are enough to do the task (Dubreuil et al. 2022; Valente 2019). */
package kappa.analysis.populations;
