package kappa.ingest.recording;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A stream of bins that {@link Plausibility} looks at as they come: after one minute, after five, and after each half hour of
 * bins.
 * {@link #warnings} are those of the newest look. Not thread-safe.
 */
public final class CheckedStream implements BinSource {

    private static final double FIRST_LOOK_S = 60;
    private static final double SECOND_LOOK_S = 300;
    private static final double EVERY_S = 1_800;

    private final BinSource source;
    private final double binWidthS;
    private final Plausibility checks;
    private final Consumer<Warning> told;
    private final Set<String> codes = new HashSet<>();
    private List<Warning> warnings = List.of();
    private double nextLookS = FIRST_LOOK_S;
    private long bins;

    /** @param told each kind of warning, when it is found first */
    public CheckedStream(BinSource source, Consumer<Warning> told) {
        this.source = source;
        this.told = told;
        binWidthS = source.describe().binWidthSeconds();
        checks = new Plausibility(source.describe());
    }

    @Override
    public boolean next(RecordedBin bin) {
        if (!source.next(bin)) {
            return false;
        }
        checks.add(bin);
        bins++;
        if (bins * binWidthS >= nextLookS) {
            look();
        }
        return true;
    }

    private void look() {
        double seconds = nextLookS;
        nextLookS = seconds < SECOND_LOOK_S ? SECOND_LOOK_S : seconds < EVERY_S ? EVERY_S : seconds + EVERY_S;
        warnings = checks.soFar().stream().map(warning -> new Warning(warning.code(),
                String.format(Locale.ROOT, "after %.0f s: %s", seconds, warning.finding()), warning.advice())).toList();
        warnings.stream().filter(warning -> codes.add(warning.code())).forEach(told);
    }

    @Override
    public List<Warning> warnings() {
        return warnings;
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public RecordingDescription describe() {
        return source.describe();
    }

    @Override
    public long bins() {
        return source.bins();
    }

    @Override
    public boolean live() {
        return source.live();
    }

    @Override
    public String status() {
        return source.status();
    }

    @Override
    public void tell(Consumer<String> listener) {
        source.tell(listener);
    }

    @Override
    public void skip(long skipped) {
        source.skip(skipped);
    }

    @Override
    public void resume(long before, RecordedBin last) {
        source.resume(before, last);
    }

    @Override
    public void close() {
        source.close();
    }
}
