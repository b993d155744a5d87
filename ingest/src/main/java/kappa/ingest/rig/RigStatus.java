package kappa.ingest.rig;

import java.util.concurrent.atomic.LongAdder;

/** What a connector has seen so far, for the one who watches the terminal. Thread-safe. */
public final class RigStatus {

    private final LongAdder messages = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final LongAdder unusable = new LongAdder();
    private final LongAdder homeless = new LongAdder();
    private volatile int epochs;
    private volatile long heardNs;
    private volatile String state = "waiting for the rig";

    /** Something of use came in. */
    public void heard() {
        messages.increment();
        heardNs = System.nanoTime();
    }

    /** Messages or samples that are known to be lost. */
    public void lost(long count) {
        lost.add(count);
    }

    /** Something that came after its bin was closed. */
    public void late() {
        late.increment();
    }

    /** A message that could not be read. */
    public void unusable() {
        unusable.increment();
    }

    /** A spike of a unit that has no place in the session. */
    public void homeless() {
        homeless.increment();
    }

    void epoch(int number) {
        epochs = number + 1;
    }

    /** How things stand, in a few words: "acquiring", "the rig is silent", ... */
    public void state(String words) {
        state = words;
    }

    public String state() {
        return state;
    }

    public long lostMessages() {
        return lost.sum();
    }

    public long lateEvents() {
        return late.sum();
    }

    public long unusableMessages() {
        return unusable.sum();
    }

    /** Seconds since something came in; NaN before. */
    public double silentSeconds() {
        return heardNs == 0 ? Double.NaN : (System.nanoTime() - heardNs) * 1e-9;
    }

    /** One line, which names problems only. */
    public String line() {
        StringBuilder line = new StringBuilder(", ").append(state).append(", ").append(messages.sum())
                .append(" messages");
        append(line, lostMessages(), "lost");
        append(line, lateEvents(), "late");
        append(line, unusableMessages(), "unusable");
        append(line, homeless.sum(), "spikes of units without a place");
        if (epochs > 1) {
            line.append(", epoch ").append(epochs);
        }
        if (silentSeconds() > 2) {
            line.append(String.format(", NO DATA for %.0f s", silentSeconds()));
        }
        return line.toString();
    }

    private static void append(StringBuilder line, long count, String what) {
        if (count > 0) {
            line.append(", ").append(count).append(' ').append(what);
        }
    }
}
