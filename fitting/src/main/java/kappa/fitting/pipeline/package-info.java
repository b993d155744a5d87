/**
 * The actors that run the fit on a stream. What is durable when, and what a crash leads to, is written in
 * {@code fitting/docs/durability.md}.
 */
package kappa.fitting.pipeline;
