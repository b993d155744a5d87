package kappa.ingest.recording;

import java.util.List;
import java.util.Optional;

/** A recording that is another one but for what a subclass changes. */
abstract class RecordingView implements Recording {

    final Recording session;

    RecordingView(Recording session) {
        this.session = session;
    }

    @Override
    public String name() {
        return session.name();
    }

    @Override
    public RecordingDescription describe() {
        return session.describe();
    }

    @Override
    public int trials() {
        return session.trials();
    }

    @Override
    public int bins(int trial) {
        return session.bins(trial);
    }

    @Override
    public int targets() {
        return session.targets();
    }

    @Override
    public String observationChoice() {
        return session.observationChoice();
    }

    @Override
    public List<String> remarks() {
        return session.remarks();
    }

    @Override
    public List<Warning> warnings() {
        return session.warnings();
    }

    @Override
    public Optional<FileTimes> times() {
        return session.times();
    }

    @Override
    public boolean binsFirst() {
        return session.binsFirst();
    }

    @Override
    public float[] activity(int trial, int firstBin, int bins) {
        return session.activity(trial, firstBin, bins);
    }

    @Override
    public float[] inputs(int trial, int firstBin, int bins) {
        return session.inputs(trial, firstBin, bins);
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int bins) {
        return session.behavior(trial, firstBin, bins);
    }

    @Override
    public Optional<float[]> targets(int trial) {
        return session.targets(trial);
    }

    @Override
    public Optional<float[]> mask(int trial) {
        return session.mask(trial);
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return session.rigTimeNs(trial, bin, sessionBin);
    }

    @Override
    public void mark(int trial, int bin, RecordedBin target) {
        session.mark(trial, bin, target);
    }

    @Override
    public void close() {
        session.close();
    }
}
