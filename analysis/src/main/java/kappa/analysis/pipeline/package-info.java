/** The actor that analyses published snapshots, and the thread that feeds it. */
package kappa.analysis.pipeline;
