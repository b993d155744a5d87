package kappa.ingest.rig.lsl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.ingest.InvalidInputException;

/**
 * The user's own liblsl, and the only class that calls it. Looked for under an explicit setting, then the environment variable
 * {@value #VARIABLE}, then the names it is installed under.
 *
 * <p>Thread-safe; an {@link Inlet} is one thread's, which must be a platform thread, because a native call that waits keeps its
 * carrier.
 */
@SuppressWarnings("restricted")
public final class Lsl {

    /** Names the library, where it does not lie where the system looks. */
    public static final String VARIABLE = "KAPPA_LSL";

    /** What the connector calls came with this version. */
    private static final int OLDEST = 113;

    private static final int MOST_STREAMS = 1024;

    /** What is found before a search ends is all there is, if it answers within this time. */
    private static final double SEARCH_S = 1;

    /** How many seconds of samples (hundreds of them, for irregular streams) the inlet keeps while nobody pulls. */
    private static final int BUFFER_S = 360;

    private static final int LOST = -2;
    private static final int TIMEOUT = -1;

    /** What a stream's channels hold, in the order of liblsl's codes. */
    public enum Format {
        UNDEFINED, FLOAT32, DOUBLE64, STRING, INT32, INT16, INT8, INT64;

        static Format of(int code) {
            return code >= 0 && code < values().length ? values()[code] : UNDEFINED;
        }

        /** By the name that liblsl gives it in XML, such as {@code float32}. */
        public static Format named(String name) {
            for (Format format : values()) {
                if (format.name().equalsIgnoreCase(name)) {
                    return format;
                }
            }
            return UNDEFINED;
        }

        boolean integer() {
            return this == INT32 || this == INT16 || this == INT8 || this == INT64;
        }
    }

    /**
     * A stream on the network.
     *
     * @param uid  of this outlet: another one after its sender was started again
     * @param rate nominal samples in a second, 0 for an irregular stream
     * @param info liblsl's handle, which goes when this does; null for a stream out of a file
     */
    public record Stream(String name, String type, String sourceId, String uid, String host, int channels, double rate,
            Format format, MemorySegment info) {

        public boolean regular() {
            return rate > 0;
        }

        /** For messages: what a user needs to tell it from others. */
        public String words() {
            return '"' + name + "\" (" + (type.isEmpty() ? "no type" : type) + ", " + channels + " x "
                    + format.name().toLowerCase(Locale.ROOT) + ", "
                    + (regular() ? rate + " Hz" : "irregular") + ", on " + host + ')';
        }
    }

    /**
     * Where a sender's clock is: local time = stamp + {@code seconds}.
     *
     * @param errorSeconds how far that may be off: the fastest probe's round trip
     * @param remoteSeconds when the sender last answered, by its own clock
     */
    public record Correction(double seconds, double errorSeconds, double remoteSeconds) {}

    /** The sender is gone. */
    static final class LostException extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static volatile Lsl loaded;

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup symbols;
    private final String where;
    private final MethodHandle localClock;
    private final MethodHandle resolveAll;
    private final MethodHandle resolveByPredicate;
    private final MethodHandle destroyInfo;
    private final MethodHandle infoToXml;
    private final MethodHandle destroyString;
    private final MethodHandle channelCount;
    private final MethodHandle nominalRate;
    private final MethodHandle channelFormat;
    private final MethodHandle createInlet;
    private final MethodHandle openStream;
    private final MethodHandle destroyInlet;
    private final MethodHandle fullInfo;
    private final MethodHandle pullSample;
    private final MethodHandle pullText;
    private final MethodHandle pullChunk;
    private final MethodHandle timeCorrection;

    /**
     * The library, loaded once for the process.
     *
     * @param explicit its path or name, or null to look for it
     * @throws InvalidInputException if there is none; says what was tried
     */
    public static synchronized Lsl load(String explicit) {
        if (loaded != null) {
            return loaded;
        }
        String chosen = explicit != null ? explicit : System.getenv(VARIABLE);
        List<String> names = chosen == null || chosen.isEmpty() ? usualNames() : List.of(chosen);
        List<String> tried = new ArrayList<>();
        for (String name : names) {
            try {
                // Never unloaded: liblsl has threads of its own.
                SymbolLookup symbols = name.contains("/") || name.contains("\\")
                        ? SymbolLookup.libraryLookup(Path.of(name), Arena.global())
                        : SymbolLookup.libraryLookup(name, Arena.global());
                loaded = new Lsl(symbols, name);
                return loaded;
            } catch (IllegalArgumentException e) {
                tried.add(name);
            }
        }
        throw new InvalidInputException("liblsl cannot be loaded, tried " + String.join(", ", tried)
                + (names.size() == 1 ? "" : " where the system looks for libraries")
                + "; expected it there, or its path in --liblsl or the environment variable " + VARIABLE);
    }

    private static List<String> usualNames() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (system.startsWith("windows")) {
            return List.of("lsl.dll", "liblsl64.dll");
        }
        if (system.startsWith("mac")) {
            return List.of("liblsl.dylib", "lsl.framework/lsl");
        }
        return List.of("liblsl.so", "liblsl.so.2");
    }

    private Lsl(SymbolLookup symbols, String where) {
        this.symbols = symbols;
        this.where = where;
        int version;
        try {
            version = (int) function("lsl_library_version", JAVA_INT).invokeExact();
        } catch (Throwable e) {
            throw failed("lsl_library_version", e);
        }
        if (version < OLDEST) {
            throw new InvalidInputException("liblsl " + where + ": version " + version / 100 + '.' + version % 100
                    + ", expected 1.13 or newer");
        }
        localClock = function("lsl_local_clock", JAVA_DOUBLE);
        resolveAll = function("lsl_resolve_all", JAVA_INT, ADDRESS, JAVA_INT, JAVA_DOUBLE);
        resolveByPredicate = function("lsl_resolve_bypred", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT,
                JAVA_DOUBLE);
        destroyInfo = function("lsl_destroy_streaminfo", null, ADDRESS);
        infoToXml = function("lsl_get_xml", ADDRESS, ADDRESS);
        destroyString = function("lsl_destroy_string", null, ADDRESS);
        channelCount = function("lsl_get_channel_count", JAVA_INT, ADDRESS);
        nominalRate = function("lsl_get_nominal_srate", JAVA_DOUBLE, ADDRESS);
        channelFormat = function("lsl_get_channel_format", JAVA_INT, ADDRESS);
        createInlet = function("lsl_create_inlet", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
        openStream = function("lsl_open_stream", null, ADDRESS, JAVA_DOUBLE, ADDRESS);
        destroyInlet = function("lsl_destroy_inlet", null, ADDRESS);
        fullInfo = function("lsl_get_fullinfo", ADDRESS, ADDRESS, JAVA_DOUBLE, ADDRESS);
        pullSample = function("lsl_pull_sample_d", JAVA_DOUBLE, ADDRESS, ADDRESS, JAVA_INT, JAVA_DOUBLE, ADDRESS);
        pullText = function("lsl_pull_sample_str", JAVA_DOUBLE, ADDRESS, ADDRESS, JAVA_INT, JAVA_DOUBLE, ADDRESS);
        // C's unsigned long has 32 bits on Windows; the handle takes and gives a long everywhere.
        MemoryLayout size = linker.canonicalLayouts().get("long");
        pullChunk = MethodHandles.explicitCastArguments(
                function("lsl_pull_chunk_d", size, ADDRESS, ADDRESS, ADDRESS, size, size, JAVA_DOUBLE, ADDRESS),
                MethodType.methodType(long.class, MemorySegment.class, MemorySegment.class, MemorySegment.class,
                        long.class, long.class, double.class, MemorySegment.class));
        timeCorrection = function("lsl_time_correction_ex", JAVA_DOUBLE, ADDRESS, ADDRESS, ADDRESS, JAVA_DOUBLE,
                ADDRESS);
    }

    /** Another of the library's functions; {@code result} is null for void. */
    MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        MemorySegment address = symbols.find(name).orElseThrow(() -> new InvalidInputException(
                "liblsl " + where + ": has no function " + name + ", expected version 1.13 or newer"));
        return linker.downcallHandle(address,
                result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments));
    }

    static IllegalStateException failed(String function, Throwable e) {
        return new IllegalStateException(function + " failed: " + e, e);
    }

    /** Seconds of this host's monotonic clock, in which corrected stamps are. */
    public double localClock() {
        try {
            return (double) localClock.invokeExact();
        } catch (Throwable e) {
            throw failed("lsl_local_clock", e);
        }
    }

    /**
     * The streams on the network.
     *
     * @param predicate XPath on a stream's info such as {@code type='EEG' and channel_count>8}, or null for all
     * @param minimum   how many to wait for, where there is a predicate
     * @param seconds   how long to wait for them; how long to listen where there is no predicate
     */
    public List<Stream> resolve(String predicate, int minimum, double seconds) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(ADDRESS, MOST_STREAMS);
            int count = predicate == null
                    ? (int) resolveAll.invokeExact(found, MOST_STREAMS, seconds)
                    : (int) resolveByPredicate.invokeExact(found, MOST_STREAMS, arena.allocateFrom(predicate), minimum,
                            seconds);
            if (count < 0) {
                throw new InvalidInputException("liblsl cannot look for " + predicate + " (error " + count
                        + "), expected an XPath predicate such as name='EEG' and type='EEG'");
            }
            List<Stream> streams = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                streams.add(stream(found.getAtIndex(ADDRESS, i).reinterpret(Arena.ofAuto(), this::destroy)));
            }
            return streams;
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw failed("lsl_resolve", e);
        }
    }

    /** All streams that answer within a second. */
    public List<Stream> resolve() {
        return resolve(null, 0, SEARCH_S);
    }

    private void destroy(MemorySegment info) {
        try {
            destroyInfo.invokeExact(info);
        } catch (Throwable e) {
            throw failed("lsl_destroy_streaminfo", e);
        }
    }

    private Stream stream(MemorySegment info) throws Throwable {
        return new Stream(text("lsl_get_name", info), text("lsl_get_type", info), text("lsl_get_source_id", info),
                text("lsl_get_uid", info), text("lsl_get_hostname", info), (int) channelCount.invokeExact(info),
                (double) nominalRate.invokeExact(info), Format.of((int) channelFormat.invokeExact(info)), info);
    }

    private String text(String getter, MemorySegment info) throws Throwable {
        return string((MemorySegment) function(getter, ADDRESS, ADDRESS).invokeExact(info));
    }

    private static String string(MemorySegment text) {
        return text.address() == 0 ? "" : text.reinterpret(Long.MAX_VALUE).getString(0);
    }

    private String xml(MemorySegment info) throws Throwable {
        MemorySegment xml = (MemorySegment) infoToXml.invokeExact(info);
        String text = string(xml);
        destroyString.invokeExact(xml);
        return text;
    }

    /**
     * Opens a stream.
     *
     * @param chunk most samples that one pull takes
     * @throws LostException if it does not answer within {@code seconds}
     */
    Inlet open(Stream stream, int chunk, double seconds) throws LostException {
        return new Inlet(stream, chunk, seconds);
    }

    /**
     * A connection to a stream's sender, without liblsl's own recovery: that hides when an outage began, so that an idle stream
     * could not be told from a dead one.
     */
    final class Inlet implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final Stream stream;
        private final int chunk;
        private final MemorySegment inlet;
        private final MemorySegment error = arena.allocate(JAVA_INT);
        private final MemorySegment values;
        private final MemorySegment stamps;
        private final MemorySegment times = arena.allocate(JAVA_DOUBLE, 2);
        private final String[] texts;

        private Inlet(Stream stream, int chunk, double seconds) throws LostException {
            this.stream = stream;
            this.chunk = chunk;
            boolean text = stream.format() == Format.STRING;
            values = text
                    ? arena.allocate(ADDRESS, stream.channels())
                    : arena.allocate(JAVA_DOUBLE, (long) chunk * stream.channels());
            stamps = arena.allocate(JAVA_DOUBLE, chunk);
            texts = new String[text ? chunk : 0];
            try {
                inlet = (MemorySegment) createInlet.invokeExact(stream.info(), BUFFER_S, 0, 0);
            } catch (Throwable e) {
                arena.close();
                throw failed("lsl_create_inlet", e);
            }
            if (inlet.address() == 0) {
                arena.close();
                throw new LostException();
            }
            try {
                openStream.invokeExact(inlet, seconds, error);
                check("lsl_open_stream");
            } catch (LostException e) {
                close();
                throw e;
            } catch (Throwable e) {
                close();
                throw failed("lsl_open_stream", e);
            }
        }

        private void check(String function) throws LostException {
            int code = error.get(JAVA_INT, 0);
            if (code == LOST || code == TIMEOUT) {
                throw new LostException();
            }
            if (code != 0) {
                throw new IllegalStateException(function + " failed on stream " + stream.words() + ": error " + code);
            }
        }

        /** @return how many samples were taken, 0 after {@code seconds} without any */
        int pull(double seconds) throws LostException {
            error.set(JAVA_INT, 0, 0);
            try {
                if (stream.format() == Format.STRING) {
                    int count = 0;
                    while (count < chunk) {
                        double stamp = (double) pullText.invokeExact(inlet, values, stream.channels(),
                                count == 0 ? seconds : 0, error);
                        check("lsl_pull_sample_str");
                        if (stamp == 0) {
                            break;
                        }
                        stamps.setAtIndex(JAVA_DOUBLE, count, stamp);
                        texts[count++] = takeText();
                    }
                    return count;
                }
                double stamp = (double) pullSample.invokeExact(inlet, values, stream.channels(), seconds, error);
                check("lsl_pull_sample_d");
                if (stamp == 0) {
                    return 0;
                }
                stamps.set(JAVA_DOUBLE, 0, stamp);
                if (chunk == 1) {
                    return 1;
                }
                long row = stream.channels() * JAVA_DOUBLE.byteSize();
                long elements = (long) pullChunk.invokeExact(inlet, values.asSlice(row),
                        stamps.asSlice(JAVA_DOUBLE.byteSize()), (long) (chunk - 1) * stream.channels(), chunk - 1L, 0.0,
                        error);
                // The connection broke between the two: the first sample is kept, and the next call says that the rest is lost.
                if (error.get(JAVA_INT, 0) != LOST) {
                    check("lsl_pull_chunk_d");
                }
                return 1 + (int) (elements / stream.channels());
            } catch (LostException | RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw failed("lsl_pull", e);
            }
        }

        /** A marker of several channels is their texts with spaces between. */
        private String takeText() throws Throwable {
            StringBuilder text = new StringBuilder();
            for (int channel = 0; channel < stream.channels(); channel++) {
                MemorySegment part = values.getAtIndex(ADDRESS, channel);
                text.append(channel == 0 ? "" : " ").append(string(part));
                destroyString.invokeExact(part);
            }
            return text.toString();
        }

        int chunk() {
            return chunk;
        }

        /** The sender's raw stamps of what {@link #pull} took. */
        double[] stamps(int count) {
            return stamps.asSlice(0, count * JAVA_DOUBLE.byteSize()).toArray(JAVA_DOUBLE);
        }

        /** Its values, sample by sample; empty for a stream of texts. */
        double[] values(int count) {
            return stream.format() == Format.STRING
                    ? new double[0]
                    : values.asSlice(0, (long) count * stream.channels() * JAVA_DOUBLE.byteSize()).toArray(JAVA_DOUBLE);
        }

        /** Its texts; empty for a stream of numbers. */
        String[] texts(int count) {
            return stream.format() == Format.STRING ? Arrays.copyOf(texts, count) : texts;
        }

        /** Waits for the first measurement only; then it is the newest of those that liblsl makes every 2 s. */
        Correction correction(double seconds) throws LostException {
            error.set(JAVA_INT, 0, 0);
            double correction;
            try {
                correction = (double) timeCorrection.invokeExact(inlet, times, times.asSlice(JAVA_DOUBLE.byteSize()),
                        seconds, error);
            } catch (Throwable e) {
                throw failed("lsl_time_correction_ex", e);
            }
            check("lsl_time_correction_ex");
            return new Correction(correction, times.getAtIndex(JAVA_DOUBLE, 1), times.getAtIndex(JAVA_DOUBLE, 0));
        }

        /** @return as many labels as there are channels, or none where the description does not give each its own */
        List<String> labels(double seconds) throws LostException {
            error.set(JAVA_INT, 0, 0);
            String xml;
            try {
                MemorySegment info = (MemorySegment) fullInfo.invokeExact(inlet, seconds, error);
                check("lsl_get_fullinfo");
                xml = xml(info);
                destroyInfo.invokeExact(info);
            } catch (LostException | RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw failed("lsl_get_fullinfo", e);
            }
            return StreamXml.parse(xml).map(description -> description.labels(stream.channels())).orElse(List.of());
        }

        @Override
        public void close() {
            try {
                destroyInlet.invokeExact(inlet);
            } catch (Throwable e) {
                throw failed("lsl_destroy_inlet", e);
            } finally {
                arena.close();
            }
        }
    }
}
