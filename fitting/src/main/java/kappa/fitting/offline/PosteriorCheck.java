package kappa.fitting.offline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import kappa.fitting.em.SmoothedTrial;
import kappa.fitting.em.Smoother;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.particle.ParticlePosterior;
import kappa.fitting.particle.ParticleSmoother;
import kappa.fitting.particle.PosteriorComparison;
import kappa.fitting.simulation.TrialRandom;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Recording;

/**
 * The posterior of kappa over a whole session under one model, by particles and by the Gaussian smoother. Both use the same
 * process noise: the model's, raised where it is too small for particles. The result depends on the seed, and not on the
 * number of threads. Not thread-safe.
 */
public final class PosteriorCheck {

    /** Trials that are smoothed side by side. */
    private static final int BATCH = 16;

    /** Whoever keeps the posteriors; called trial by trial, in order. */
    public interface Sink {
        /**
         * @param firstBin the first bin of the trial, from 1, that no earlier trial had: segments begin with the end of the one
         *        before
         */
        void add(ParticlePosterior particles, SmoothedTrial gaussian, int firstBin);
    }

    private final StateSpaceModel model;
    private final boolean noiseRaised;
    private final PosteriorComparison comparison = new PosteriorComparison();
    private final int particles;
    private final long seed;
    private final Team team;
    private final Smoother[] smoothers;
    private final ParticleSmoother[] particleSmoothers;
    private long bins;

    /**
     * @param particles for each trial
     * @param team shares the trials
     */
    public PosteriorCheck(FitPlan plan, PublishedModel published, int particles, long seed, Team team) {
        StateSpaceModel fitted = new StateSpaceModel(published.model(), published.processNoise(), published.start(),
                published.startCovariance(), published.kappaStd());
        model = ParticleSmoother.withUsableNoise(fitted);
        noiseRaised = !Arrays.equals(model.processNoise(), fitted.processNoise());
        this.particles = particles;
        this.seed = seed;
        this.team = team;
        smoothers = new Smoother[team.threads()];
        particleSmoothers = new ParticleSmoother[team.threads()];
        for (int member = 0; member < smoothers.length; member++) {
            smoothers[member] = new Smoother(KernelProvider.kernels(), plan.neurons(), plan.rank(), plan.inputs());
            particleSmoothers[member] = new ParticleSmoother(KernelProvider.kernels(), plan.rank(), particles);
        }
    }

    /**
     * Goes over the session.
     *
     * @param stop asked after each batch of trials; those read after a yes are left out
     */
    public void run(Recording session, FitPlan plan, Sink sink, OfflineFit.Progress progress, BooleanSupplier stop) {
        progress.update(0, session.bins());
        Batches batches = new Batches(sink, stop, session.bins(), progress);
        try (BinSource source = session.source()) {
            SessionReader.read(source, plan, List.of(batches), done -> {});
        }
        batches.flush();
    }

    /** How far the two are from each other, over all bins so far. */
    public PosteriorComparison comparison() {
        return comparison;
    }

    /** Bins of the session that were smoothed so far. */
    public long bins() {
        return bins;
    }

    /** Whether the model's process noise was raised. */
    public boolean noiseRaised() {
        return noiseRaised;
    }

    /** Particles for each trial. */
    public int particles() {
        return particles;
    }

    /** Smooths trials side by side, and hands them on in order. */
    private final class Batches implements SessionReader.Follower {
        private final Sink sink;
        private final BooleanSupplier stop;
        private final long total;
        private final OfflineFit.Progress progress;
        private final List<Trial> waiting = new ArrayList<>();
        private long nextBin;

        Batches(Sink sink, BooleanSupplier stop, long total, OfflineFit.Progress progress) {
            this.sink = sink;
            this.stop = stop;
            this.total = total;
            this.progress = progress;
        }

        @Override
        public void end(Trial trial) {
            waiting.add(trial);
            if (waiting.size() == BATCH) {
                flush();
            }
        }

        void flush() {
            if (!stop.getAsBoolean()) {
                smooth();
            }
            waiting.clear();
        }

        private void smooth() {
            SmoothedTrial[] gaussian = new SmoothedTrial[waiting.size()];
            ParticlePosterior[] posterior = new ParticlePosterior[waiting.size()];
            team.run(posterior.length, (task, member) -> {
                Trial trial = waiting.get(task);
                gaussian[task] = smoothers[member].smooth(model, trial);
                posterior[task] = particleSmoothers[member].smooth(model, gaussian[task],
                        TrialRandom.of(seed, trial.index()));
            });
            for (int task = 0; task < posterior.length; task++) {
                Trial trial = waiting.get(task);
                int firstBin = (int) Math.max(1, nextBin - trial.firstBin() + 1);
                nextBin = trial.firstBin() + trial.bins();
                bins += trial.bins() - firstBin + 1;
                comparison.add(posterior[task], gaussian[task], firstBin);
                sink.add(posterior[task], gaussian[task], firstBin);
            }
            progress.update(bins, total);
        }
    }
}
