/**
 * The actors that run the fit on a stream.
 *
 * <p><b>What is durable when.</b> A session is a deterministic function of its records on kappa.activity, cut into trials (or
 * stretches). At the end of a trial three things come to be, in this order: kappa of all its bins on kappa.latents; the
 * snapshot learned from it on kappa.models; and, now and then, a checkpoint on kappa.checkpoints, which is sent only after the
 * broker has acknowledged all latents before it. The group's offset is committed only up to the oldest record that no
 * checkpoint accounts for. So a crash
 * <ul>
 * <li>before latents are acknowledged: the bins are read again and filtered again;
 * <li>between latents and checkpoint: the same, and the bins are published twice; readers keep the last by (session, bin);
 * <li>between checkpoint and commit: records are read again, found to lie before the checkpoint, and skipped;
 * <li>in the middle of a checkpoint: the record is whole or absent, so the previous one is used.
 * </ul>
 * A record that was rejected after the checkpoint is rejected again: readers of kappa.rejected keep one by topic, partition
 * and offset. The replay buffer is not in the checkpoint, nor is the warm-up of what follows: it names the offsets of their
 * trials, whose bins are read again from the log.
 *
 * <p>In lockstep everything, redone after a crash, comes out bit for bit as before. Live, the moment at which a snapshot is
 * adopted depends on time; each record of latents names its model.
 */
package kappa.fitting.actor;
