package kappa.dashboards.system;

/** How far a session may be published for now. Thread-safe. */
final class Gate {

    private long bins;
    private boolean over;

    /** @param bins that may be published before the gate is opened further */
    Gate(long bins) {
        this.bins = bins;
    }

    static Gate open() {
        return new Gate(Long.MAX_VALUE);
    }

    synchronized void openTo(long more) {
        bins = more;
        notifyAll();
    }

    /** A session that can end anywhere ends here. */
    synchronized void end() {
        over = true;
        notifyAll();
    }

    /**
     * Waits until a bin may be published.
     *
     * @return false if the session is to end before it
     */
    synchronized boolean await(long bin) {
        while (bin >= bins && !over) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return !over;
    }
}
