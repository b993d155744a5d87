/**
 * The domain: networks, what is observed of them, trials, scores, and the plan of a fit. Plain arrays; knows no files, topics or
 * actors.
 */
package kappa.fitting.model;
