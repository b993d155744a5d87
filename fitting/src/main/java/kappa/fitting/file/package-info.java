/** Network files. */
package kappa.fitting.file;
