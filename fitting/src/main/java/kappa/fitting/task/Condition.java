package kappa.fitting.task;

/**
 * What distinguishes one trial of a task from another, apart from noise and the length of its delay. What the numbers mean
 * is the task's to say: see {@link Task}.
 *
 * @param first coherence of the first channel, first frequency, or first stimulus
 * @param second coherence of the second channel, second frequency, or second stimulus; 0 where there is none
 * @param context the cued channel of CDM, the modalities of MSI; 0 elsewhere
 */
public record Condition(double first, double second, int context) {}
