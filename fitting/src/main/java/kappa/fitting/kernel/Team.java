package kappa.fitting.kernel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share pieces of work of about ten microseconds. The caller takes part. A helper that has just worked
 * stays awake for a moment. Nothing is allocated after construction.
 *
 * <p>Thread-safe: one caller at a time has the helpers. Another caller meanwhile works alone, because waiting would
 * not be faster. Results must not depend on which thread computes them.
 */
public final class Team implements AutoCloseable {

    /** How long a helper stays awake: a few steps of a fit, which is too short to load the processor of a rig. */
    private static final long AWAKE_NS = 200_000;
    /** How long a caller waits for helpers that are awake where all must run at once. */
    private static final long GATHER_NS = 20_000;
    /** Turns of a waiting loop, about ten microseconds, before the thread yields the processor for a moment. */
    private static final int TURNS = 2_000;
    private static final long MOMENT_NS = 10_000;
    /** Integers of two lines of the cache, which are often fetched together. */
    private static final int LINE = 32;
    /** The state of a job: its number above, whether it can be joined, and how many helpers are in it. */
    private static final long OPEN = 1L << 16;
    private static final long NUMBER = 1L << 17;

    /** One of several pieces of work. */
    public interface Task {
        /**
         * @param member which of the team's threads does it, from 0, the caller, to {@link Team#threads()} - 1
         */
        void run(int task, int member);
    }

    /** Work that several threads do at once, in step with each other. */
    public interface Part {
        /** What one of {@code members} threads does, which count from 0. */
        void run(int member, int members);
    }

    /** The caller's thread and no other. */
    public static final Team ALONE = new Team(1);

    private final Thread[] helpers;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final AtomicLong job = new AtomicLong();
    private final AtomicInteger next = new AtomicInteger();
    /** How often each member has reached a barrier; each count has a cache line of its own. */
    private final AtomicIntegerArray arrived;
    private final AtomicInteger sleeping = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private int tasks;
    private Task task;
    private Part part;
    /** Number of threads in step, 0 until it is known. */
    private volatile int members;
    private volatile boolean closed;

    /**
     * @param threads threads that work at once, the caller's among them
     */
    public Team(int threads) {
        helpers = new Thread[Math.max(0, threads - 1)];
        arrived = new AtomicIntegerArray((helpers.length + 2) * LINE);
        for (int h = 0; h < helpers.length; h++) {
            int member = h + 1;
            helpers[h] = Thread.ofPlatform().daemon().name("kappa-fit-" + member).unstarted(() -> help(member));
        }
        for (Thread helper : helpers) {
            helper.start();
        }
    }

    /** Threads that work at once, the caller's among them. */
    public int threads() {
        return helpers.length + 1;
    }

    /** Runs tasks 0 to {@code tasks} - 1, each once, in any order, and returns when all are done. */
    public void run(int tasks, Task task) {
        if (tasks <= 1 || helpers.length == 0 || !taken.compareAndSet(false, true)) {
            for (int i = 0; i < tasks; i++) {
                task.run(i, 0);
            }
            return;
        }
        try {
            this.tasks = tasks;
            this.task = task;
            next.set(0);
            open();
            try {
                claim(0);
            } finally {
                finish();
            }
            rethrow();
        } finally {
            taken.set(false);
        }
    }

    /**
     * Runs a part in as many threads as are awake, up to {@code most}; they may {@link #await} each other. A part must not throw
     * where others would wait for it.
     */
    public void together(int most, Part part) {
        if (most <= 1 || helpers.length == 0 || !taken.compareAndSet(false, true)) {
            part.run(0, 1);
            return;
        }
        try {
            this.part = part;
            members = 0;
            for (int i = 0; i < arrived.length(); i += LINE) {
                arrived.setPlain(i, 0);
            }
            open();
            int all = gather(Math.min(most, threads()));
            try {
                members = all;
                part.run(0, all);
            } finally {
                finish();
            }
            rethrow();
        } finally {
            taken.set(false);
        }
    }

    /**
     * A barrier: waits until all {@code members} have come here as often as this one; {@code times} counts from 1. A
     * caller without helpers does not wait.
     */
    public void await(int member, int members, int times) {
        if (members == 1) {
            return;
        }
        arrived.setRelease((member + 1) * LINE, times);
        for (int other = 0; other < members; other++) {
            int turns = 0;
            while (arrived.getAcquire((other + 1) * LINE) < times) {
                turns = pause(turns);
            }
        }
    }

    private static int pause(int turns) {
        if (turns < TURNS) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(MOMENT_NS);
        }
        return turns + 1;
    }

    private void open() {
        failure.set(null);
        job.set((job.get() / NUMBER + 1) * NUMBER + OPEN);
        if (sleeping.get() > 0) {
            for (Thread helper : helpers) {
                LockSupport.unpark(helper);
            }
        }
    }

    /** Waits a moment for helpers, lets no more in, and says how many threads are there. */
    private int gather(int wanted) {
        long until = System.nanoTime() + GATHER_NS;
        while (inside(job.get()) < wanted - 1 && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        return Math.min(wanted, inside(shut()) + 1);
    }

    /** Lets no more helpers in; the job's state after that. */
    private long shut() {
        return job.updateAndGet(now -> now & ~OPEN);
    }

    /** Lets no more helpers in, and waits until those who are in are done. */
    private void finish() {
        shut();
        int turns = 0;
        while (inside(job.get()) > 0) {
            turns = pause(turns);
        }
        task = null;
        part = null;
    }

    private static int inside(long job) {
        return (int) (job & (OPEN - 1));
    }

    private void claim(int member) {
        for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
            task.run(i, member);
        }
    }

    private void help(int member) {
        long number = 0;
        while (!closed) {
            number = awaitJobAfter(number);
            int index = join(number);
            if (index > 0) {
                try {
                    work(member, index);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                } finally {
                    job.decrementAndGet();
                }
            }
        }
    }

    private void work(int member, int index) {
        if (part == null) {
            claim(member);
            return;
        }
        int turns = 0;
        while (members == 0) {
            turns = pause(turns);
        }
        if (index < members) {
            part.run(index, members);
        }
    }

    /** The number of this helper in the job, from 1; 0 if it comes too late. */
    private int join(long number) {
        long now = job.get();
        while (now / NUMBER == number && (now & OPEN) != 0) {
            if (job.compareAndSet(now, now + 1)) {
                return inside(now) + 1;
            }
            now = job.get();
        }
        return 0;
    }

    /** The number of the newest job, as soon as it is not {@code last}, or {@code last} if the team was closed. */
    private long awaitJobAfter(long last) {
        long until = System.nanoTime() + AWAKE_NS;
        while (System.nanoTime() < until) {
            for (int turn = 0; turn < 64; turn++) {
                if (job.get() / NUMBER != last) {
                    return job.get() / NUMBER;
                }
                Thread.onSpinWait();
            }
        }
        sleeping.incrementAndGet();
        while (job.get() / NUMBER == last && !closed) {
            LockSupport.park(this);
        }
        sleeping.decrementAndGet();
        return job.get() / NUMBER;
    }

    private void rethrow() {
        switch (failure.get()) {
            case null -> {
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException("a task failed", e);
        }
    }

    /** Ends the helpers. Work that comes later is done by its caller. */
    @Override
    public void close() {
        closed = true;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
    }
}
