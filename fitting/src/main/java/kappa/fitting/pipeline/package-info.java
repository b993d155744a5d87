/**
 * The actors that run the fit on a stream.
 *
 * <h2>What is durable when</h2>
 *
 * A session is a deterministic function of its records on kappa.activity, cut into trials (or segments). Kafka's log is the
 * only store. For one trial these come to be, in this order:
 * <ol>
 * <li>the publisher's records on kappa.activity, acknowledged;
 * <li>kappa of the trial's bins on kappa.latents, as they come, acknowledged;
 * <li>the snapshot learned from it on kappa.models;
 * <li>now and then (every ten trials in lockstep; live a second after the one before, of a large network ten) a checkpoint on
 * kappa.checkpoints. It is sent only after all latents before it are acknowledged, and nothing counts as acknowledged any more
 * once one record was lost;
 * <li>the group's offset on kappa.activity: at most the first record that an unfinished session's durable checkpoint still
 * needs, and only after what was rejected before it is on kappa.rejected.
 * </ol>
 * The session's end is its last snapshot (marked final) and a last checkpoint (marked ended), in one transaction or in this
 * order.
 *
 * <p>Checkpoints and snapshots replace those before, so only the partition's owner may write them: it claims the partition
 * from the broker before it reads the checkpoints ({@link kappa.ingest.log.PartitionOwner}), and whoever had it before is
 * refused from then on. Offsets are refused by the group in the same way. Latents are not; they may come twice.
 *
 * <h2>What a crash leads to</h2>
 * <ul>
 * <li><b>Publisher</b>, before, between or within its records: a record is whole or absent. The same command reads how far
 * the topic got and goes on with the next bin; one that died after its header sends that again, which is no news.
 * <li><b>serve, before latents are acknowledged:</b> the bins are read and filtered again.
 * <li><b>between latents and checkpoint:</b> the same, and bins are published twice; readers keep the last by (session, bin).
 * <li><b>within a checkpoint:</b> its transaction is undone by the next owner's claim, and the checkpoint before it counts.
 * <li><b>between checkpoint and commit:</b> records are read again, found to lie before the checkpoint, and skipped.
 * <li><b>between the final snapshot and the ended checkpoint:</b> the end is reached again from the checkpoint before, and
 * the same final snapshot published again.
 * <li><b>Stopped, or cut off, for longer than the session time-out</b> (6 s): the group gives its partitions to others, who go
 * on from the checkpoints. When it comes back its checkpoints and snapshots are refused, its latents are duplicates, and it
 * joins the group anew. One that was stopped in the middle of claiming takes the partition from its rightful owner, who
 * notices that it can no longer write, and after 5 s claims it back and goes on from the checkpoints.
 * <li><b>Broker killed</b> (SIGKILL): nothing acknowledged is lost, because the broker's writes are the kernel's by then. All
 * clients wait and go on. A half-written last record fails its checksum and is cut off; it was not acknowledged.
 * <li><b>Broker away for longer than records are retried</b> (two minutes), <b>or its disk full</b> (Kafka's broker halts):
 * serve stops with one line, and started again goes on from its checkpoints.
 * <li><b>Power loss:</b> Kafka acknowledges before the disk has it: acks=all waits for all replicas' memory, and the embedded
 * broker is the only replica. It sets no flush interval, so the kernel's write-back decides: up to half a minute of every
 * topic can go, of each to another point. What is left is used: checkpoints older than the offset move reading back to where
 * they begin; a replay continues from the last bin there is; a rig's lost bins are a gap, which is noted. But latents that
 * went while the checkpoint after them stayed are not made again, and nothing notices. Where power can fail, use three brokers
 * with min.insync.replicas=2 that do not hang on the same plug.
 * </ul>
 * A record that was rejected after the checkpoint is rejected again: readers of kappa.rejected keep one by topic, partition
 * and offset. The replay buffer is not in the checkpoint, nor is the warm-up of what follows: it names the offsets of their
 * trials, whose bins are read again from the log. If retention has deleted them, the fit goes on without, and says so.
 *
 * <h2>Sessions that never end</h2>
 *
 * A rig that is switched off leaves a session without an end. While nothing comes of it the offset must not wait for it, or
 * every restart would read ever more again. So a session that was silent for an hour is parked: its checkpoint is stored once
 * more (or a first one, that only names its first record) with the offset up to which nothing came. A parked session no longer
 * holds the offset back, nor does a new owner read for it, and its actors and their memory are given back. When a record of it
 * comes after all, the owner seeks back to where its checkpoint begins, once, and skips what other sessions had read already;
 * those of the same partition wait for as long as that takes.
 *
 * <h2>Memory</h2>
 *
 * The past trials that live sessions learn from again, and those that wait to be learned from, may hold half of the heap in all,
 * and in no session more than {@link kappa.fitting.model.FitPlan#DEFAULT_BUFFER_BYTES} and an eighth of it: each gets the same
 * share, which shrinks when another session begins and grows when one ends. A ninth of it is for those that wait. In lockstep,
 * where none wait, past trials may always have the whole, since the model must not depend on what else runs.
 *
 * <h2>Which model</h2>
 *
 * In lockstep (a fixed number of steps after each trial, and no bin of the next one before) everything, redone after a crash,
 * comes out bit for bit as before, for any number of threads. Live, the moment at which a snapshot is adopted and the steps
 * that are shed depend on time; each record of latents names its model, and each snapshot says how many steps were made and
 * how many shed. What gives way when there is more to do than time is written in {@code dashboards/docs/overload.md}.
 */
package kappa.fitting.pipeline;
