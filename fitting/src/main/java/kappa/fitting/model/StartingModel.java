package kappa.fitting.model;

/**
 * A model of an earlier session to start a session from, over the neurons of that session in their order, hidden ones last.
 * Nobody writes to its arrays.
 *
 * @param recorded how many of the N neurons are recorded, the first ones
 * @param model of version 0, with which the first trial is predicted
 * @param known [N] neurons that were observed in the earlier session. The others' activity is not predicted by this model, and
 *        their observation map starts when they are first observed
 * @param mean [N] of each neuron's activity in the earlier session
 * @param bins that the earlier session learned from
 * @param steps that it made
 */
public record StartingModel(int recorded, PublishedModel model, boolean[] known, float[] mean, long bins, long steps) {}
