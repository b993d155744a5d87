/**
 * The present state of a session, folded from its records on the topics. Every reader of a session (the page, the terminal,
 * the report of {@code live}, the export) reads this state, so that a figure means the same everywhere.
 *
 * <p>{@link kappa.ingest.session.SessionState} folds the records of one session. {@link kappa.ingest.session.SessionStates}
 * folds those of many sessions and keeps the ones that were active last. Both take records as they lie on the topics, ignore
 * what the pipeline rejects, and hand out plain types only.
 *
 * <h2>Counters</h2>
 *
 * The names are those of {@code live --json}, {@code watch --json}, {@code export --json} and the page's {@code counters}. A
 * reader that starts in the middle of a session counts from there on.
 *
 * <table>
 * <caption>What is counted, and the meter that counts the same in a pipeline's process since its start</caption>
 * <tr><th>name</th><th>definition</th><th>meter</th></tr>
 * <tr><td>latents</td><td>distinct bins that have a kappa</td><td>kappa.bins.filtered, with duplicates</td></tr>
 * <tr><td>duplicates</td><td>bins whose kappa was published again, as happens after a restart</td><td></td></tr>
 * <tr><td>bins_missing</td><td>bins that never came: the bin index jumped over them</td><td>kappa.bins.missing</td></tr>
 * <tr><td>gaps</td><td>runs of consecutive bins that never came</td><td></td></tr>
 * <tr><td>bins_with_losses</td><td>bins that came, but of which the rig knows that messages or samples were lost</td>
 * <td>kappa.rig.lost</td></tr>
 * <tr><td>messages_lost</td><td>messages or samples that the rig knows to be lost</td><td></td></tr>
 * <tr><td>bins_skipped</td><td>bins that this reader left out itself, because it was too far behind</td><td></td></tr>
 * <tr><td>rejected</td><td>records on kappa.rejected of which nothing was used, each counted once</td>
 * <td>kappa.records.rejected, without GAP</td></tr>
 * <tr><td>rejected_by_reason</td><td>the same, by the reason</td><td>kappa.records.rejected by its tag</td></tr>
 * <tr><td>model_version</td><td>newest model version that a snapshot or a bin names</td><td></td></tr>
 * <tr><td>steps</td><td>steps that the optimiser made by the newest snapshot</td><td>kappa.fit.steps</td></tr>
 * <tr><td>steps_shed</td><td>steps left out by the newest snapshot because learning was behind</td>
 * <td>kappa.fit.steps.shed</td></tr>
 * </table>
 */
package kappa.ingest.session;
