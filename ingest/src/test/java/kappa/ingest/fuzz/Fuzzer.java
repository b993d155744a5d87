package kappa.ingest.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Tries a parser with hostile inputs: mutations of valid ones, and of those mutations that led somewhere new, for an input that
 * is accepted or turned away with a line of another kind than before joins those that others are made of. Each input must be
 * accepted or turned away as its family does; whatever else is thrown, an input that takes over a second (five where the number
 * of inputs is not given, which is in CI), or one for which more memory is taken than the family's limit, fails the test with
 * what it takes to do it again.
 *
 * <p>An input that was too slow or took too much is tried again, and the least counts: collecting garbage or loading classes is
 * not its fault. Memory is what all threads of the process allocated meanwhile.
 *
 * <p>How many inputs, and which, is up to {@code -Dkappa.fuzz.inputs} and {@code -Dkappa.fuzz.seed}.
 */
public final class Fuzzer {

    /** No input may keep a parser busy for longer, ms: by hand, and where a machine has other things to do meanwhile. */
    private static final long SLOW_MS = Long.getLong("kappa.fuzz.inputs") == null ? 5_000 : 1_000;

    /** After this one is taken for hanging, and nothing further is tried. */
    private static final long HANGING_MS = 30_000;

    private static final int CORPUS = 4_096;
    private static final int AGAIN = 3;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What is tried. */
    @FunctionalInterface
    public interface Target {
        /**
         * @return null if the input was accepted, else the line it was turned away with
         * @throws Exception if it was neither: a fault of the parser
         */
        String take(byte[] input) throws Exception;
    }

    /**
     * What came of it.
     *
     * @param calls of the target, of which {@code refusals} turned the input away: inputs that were tried again count again
     */
    public record Report(String family, long seed, long inputs, long accepted, long calls, long refusals,
            double slowestMs, long mostBytes, double seconds, int kinds) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT,
                    "fuzz %s: seed %d, %d inputs, %d accepted, %d rejected in %d kinds, slowest %.1f ms,"
                            + " most allocated %.2f MiB, %.1f s",
                    family, seed, inputs, accepted, inputs - accepted, kinds, slowestMs, mostBytes / 1048576.0,
                    seconds);
        }
    }

    private record Running(byte[] input, long index, long sinceNs) {}

    private final String family;
    private final long maxAllocated;
    private final List<byte[]> corpus = new ArrayList<>();
    private final List<byte[]> once = new ArrayList<>();
    private final List<byte[]> tokens = new ArrayList<>();
    private final Map<String, Integer> kinds = new HashMap<>();
    private final AtomicReference<Running> running = new AtomicReference<>();
    private UnaryOperator<byte[]> mending = UnaryOperator.identity();
    private Function<Random, byte[]> making;
    private int maxBytes = 1 << 16;
    private int share = 1;
    private int seeds;
    private long accepted;
    private long calls;
    private long refusals;
    private double slowestMs;
    private long mostBytes;

    /** @param maxAllocated what one input may make the parser allocate, bytes, garbage included */
    public Fuzzer(String family, long maxAllocated) {
        this.family = family;
        this.maxAllocated = maxAllocated;
    }

    /** A valid input, or one that was trouble once. Each is tried as it is first. */
    public Fuzzer seed(byte[] input) {
        corpus.add(input);
        maxBytes = Math.max(maxBytes, 2 * input.length);
        return this;
    }

    /** An input that is tried as it is, and nothing made of it: a large one. */
    public Fuzzer once(byte[] input) {
        once.add(input);
        return this;
    }

    /** Words that mean something to the parser. */
    public Fuzzer tokens(String... words) {
        for (String word : words) {
            tokens.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return this;
    }

    /** What gives every other input the check sums and the like again that keep mutations from getting any further. */
    public Fuzzer mending(UnaryOperator<byte[]> mender) {
        mending = mender;
        return this;
    }

    /** What makes inputs by a grammar of its own, in place of every fourth mutation. */
    public Fuzzer making(Function<Random, byte[]> maker) {
        making = maker;
        return this;
    }

    /** Takes only a part of the inputs that the property asks for: one in so many, because each takes milliseconds. */
    public Fuzzer oneIn(int many) {
        share = many;
        return this;
    }

    /**
     * Tries the seeds and what is made of them.
     *
     * @param inputs so many, unless the property says otherwise
     */
    public Report run(int inputs, Target target) {
        Long asked = Long.getLong("kappa.fuzz.inputs");
        long count = asked == null ? inputs : Math.max(1, asked / share);
        long seed = Long.getLong("kappa.fuzz.seed", 7);
        seeds = corpus.size();
        long start = System.nanoTime();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().daemon(true).name("fuzz-" + family).start(() -> {
            try {
                all(count, seed, target);
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        watch(thread, seed);
        if (failure.get() != null) {
            throw failure.get() instanceof AssertionError error
                    ? error
                    : new AssertionError(family + ": the harness itself failed", failure.get());
        }
        Report report = new Report(family, seed, count, accepted, calls, refusals, slowestMs, mostBytes,
                (System.nanoTime() - start) * 1e-9, kinds.size());
        System.out.println(report);
        return report;
    }

    /** Should an input hang, nothing can stop its thread, which is left behind. */
    private void watch(Thread thread, long seed) {
        try {
            while (!thread.join(java.time.Duration.ofMillis(100))) {
                Running now = running.get();
                if (now != null && System.nanoTime() - now.sinceNs > TimeUnit.MILLISECONDS.toNanos(HANGING_MS)) {
                    AssertionError hanging = new AssertionError(place(now.input, now.index, seed) + " hangs");
                    hanging.setStackTrace(thread.getStackTrace());
                    throw hanging;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private void all(long count, long seed, Target target) {
        Random random = new Random(seed);
        Mutator mutator = new Mutator(random, tokens, maxBytes);
        for (long index = 0; index < count; index++) {
            byte[] input;
            if (index < seeds) {
                input = corpus.get((int) index);
            } else if (index < seeds + once.size()) {
                input = once.get((int) index - seeds);
            } else if (making != null && random.nextInt(4) == 0) {
                input = making.apply(random);
            } else {
                input = mutator.mutate(draw(random), draw(random));
                if (random.nextBoolean()) {
                    input = mending.apply(input);
                }
            }
            one(input, index, seed, target, random);
        }
    }

    private byte[] draw(Random random) {
        // The seeds themselves stay likely, however many others there are.
        return corpus.get(random.nextInt(random.nextInt(3) == 0 ? seeds : corpus.size()));
    }

    private void one(byte[] input, long index, long seed, Target target, Random random) {
        double ms = Double.POSITIVE_INFINITY;
        long bytes = Long.MAX_VALUE;
        String line = null;
        for (int again = 0; again < AGAIN && (again == 0 || ms > SLOW_MS || bytes > maxAllocated); again++) {
            long before = THREADS.getTotalThreadAllocatedBytes();
            long start = System.nanoTime();
            running.set(new Running(input, index, start));
            try {
                line = target.take(input);
            } catch (Throwable e) {
                throw new AssertionError(place(input, index, seed) + " came out as " + e, e);
            } finally {
                running.set(null);
            }
            ms = Math.min(ms, (System.nanoTime() - start) * 1e-6);
            bytes = Math.min(bytes, THREADS.getTotalThreadAllocatedBytes() - before);
            calls++;
            refusals += line == null ? 0 : 1;
        }
        accepted += line == null ? 1 : 0;
        slowestMs = Math.max(slowestMs, ms);
        mostBytes = Math.max(mostBytes, bytes);
        if (ms > SLOW_MS) {
            throw new AssertionError(place(input, index, seed) + " took " + Math.round(ms) + " ms, expected at most "
                    + SLOW_MS);
        }
        if (bytes > maxAllocated) {
            throw new AssertionError(place(input, index, seed) + " made it allocate " + bytes
                    + " bytes, expected at most " + maxAllocated);
        }
        boolean news = kinds.merge(kind(line), 1, Integer::sum) <= 3;
        if (index >= seeds + once.size() && (news || (line == null && random.nextInt(16) == 0))) {
            if (corpus.size() < CORPUS) {
                corpus.add(input);
            } else {
                corpus.set(random.nextInt(seeds, CORPUS), input);
            }
        }
    }

    /** A line without what differs between inputs of one kind: names of files, numbers, what is quoted. */
    private static String kind(String line) {
        if (line == null) {
            return "accepted";
        }
        String text = line.substring(0, Math.min(400, line.length())).replaceAll("\\S*/\\S*", "")
                .replaceAll("[\"'].*[\"']", "_").replaceAll("[^a-zA-Z_ ]+", "#");
        return text.substring(0, Math.min(80, text.length()));
    }

    /** Names an input, and keeps it in a file. */
    private String place(byte[] input, long index, long seed) {
        Path file = Path.of("target", "fuzz-" + family.replaceAll("\\W+", "-") + "-" + seed + "-" + index + ".bin");
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, input);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "fuzz " + family + ": input " + index + " of seed " + seed + " (" + input.length + " bytes, in "
                + file.toAbsolutePath() + ", begins "
                + new String(Arrays.copyOf(input, Math.min(60, input.length)), StandardCharsets.ISO_8859_1)
                        .replaceAll("[^\\x20-\\x7e]", ".")
                + ")";
    }
}
