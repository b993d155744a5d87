package kappa.ingest.recording.xdf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import kappa.ingest.InvalidInputException;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.StreamXml;

/**
 * An XDF file, mapped, with what its streams say of themselves. Samples are read chunk by chunk, so that the file may be larger
 * than memory, and a size in it only says where to go on reading. Streams can be read at the same time, each by one thread.
 */
final class XdfFile implements AutoCloseable {

    /** Longer times have no nanoseconds in a long. */
    static final double MAX_TIME_S = 9e9;

    private static final int MAX_STREAMS = 1024;
    private static final int MAX_CHANNELS = 65_536;

    /** Longer descriptions are none. */
    private static final int MAX_XML = 1 << 22;

    private static final int MAX_OFFSETS = 1 << 20;

    private final Path path;
    private final Arena mapping;
    private final MemorySegment bytes;
    private final Map<Integer, XdfStream> streams = new LinkedHashMap<>();
    private final List<String> remarks = new ArrayList<>();

    /** Whether a file begins as XDF files do. */
    static boolean isXdf(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(Chunks.MAGIC.length()), ISO_8859_1).equals(Chunks.MAGIC);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /**
     * Opens a file and goes through its chunks.
     *
     * @throws InvalidInputException if it is none, holds no stream, or describes one so that its samples cannot be read
     */
    static XdfFile open(Path file) {
        // Shared, because a streamed session is opened by one thread and read by another.
        Arena mapping = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), mapping);
            XdfFile xdf = new XdfFile(file, mapping, bytes);
            xdf.read(() -> {
                xdf.list();
                return xdf;
            });
            opened = true;
            return xdf;
        } catch (IOException e) {
            throw unreadable(file, e);
        } finally {
            if (!opened) {
                mapping.close();
            }
        }
    }

    private static InvalidInputException unreadable(Path file, IOException e) {
        return new InvalidInputException(file + ": cannot be read (" + e + ")", e);
    }

    private XdfFile(Path path, Arena mapping, MemorySegment bytes) {
        this.path = path;
        this.mapping = mapping;
        this.bytes = bytes;
    }

    /** Runs what reads the file. */
    <T> T read(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (InternalError e) {
            // What the JVM makes of a mapped page that is gone.
            throw new InvalidInputException(
                    path + ": cannot be read any more: it has become shorter, or its disk fails", e);
        }
    }

    private void list() {
        if (bytes.byteSize() < Chunks.MAGIC.length()
                || !new String(bytes.asSlice(0, Chunks.MAGIC.length()).toArray(JAVA_BYTE), ISO_8859_1)
                        .equals(Chunks.MAGIC)) {
            throw new InvalidInputException(path + ": not an XDF file: expected it to begin with XDF:");
        }
        Chunks chunks = chunks();
        long orphans = 0;
        long offsets = 0;
        while (chunks.next()) {
            XdfStream stream = streams.get(chunks.stream());
            switch (chunks.tag()) {
                case Chunks.STREAM_HEADER -> header(chunks);
                case Chunks.SAMPLES -> {
                    if (stream == null) {
                        orphans++;
                    } else {
                        stream.addSamples(SampleCursor.count(bytes, chunks, stream));
                    }
                }
                case Chunks.CLOCK_OFFSET -> {
                    if (stream != null && chunks.to() - chunks.from() >= 2 * Double.BYTES && ++offsets <= MAX_OFFSETS) {
                        stream.offsets().add(bytes.get(Chunks.DOUBLE, chunks.from()),
                                bytes.get(Chunks.DOUBLE, chunks.from() + Double.BYTES), chunks.from());
                    }
                }
                case Chunks.STREAM_FOOTER -> {
                    if (stream != null) {
                        xml(chunks).ifPresent(footer -> stream.announce(footer.number("sample_count")));
                    }
                }
                default -> {
                    // The file's own header and boundaries say nothing about a stream.
                }
            }
        }
        streams.values().forEach(stream -> stream.offsets().close());
        if (streams.isEmpty()) {
            throw new InvalidInputException(path + ": holds no stream, expected at least one"
                    + (chunks.damaged() > 0 ? "; " + chunks.damaged() + " bytes of it are no chunks" : ""));
        }
        if (chunks.damaged() > 0) {
            remarks.add(chunks.damaged()
                    + " bytes of the file are damaged and left out; what stands after the next boundary is read");
        }
        if (chunks.cut()) {
            remarks.add("the file ends within a chunk: it was cut, or the recorder was stopped; what is there is read");
        }
        if (orphans > 0) {
            remarks.add(orphans + " chunks of samples belong to no stream and are left out");
        }
        if (offsets > MAX_OFFSETS) {
            remarks.add(offsets - MAX_OFFSETS + " measurements of clocks are left out");
        }
    }

    private void header(Chunks chunks) {
        if (streams.containsKey(chunks.stream())) {
            return; // one that was written twice
        }
        String which = path + ": stream " + Integer.toUnsignedString(chunks.stream());
        StreamXml xml = xml(chunks).orElseThrow(() -> new InvalidInputException(
                which + ": its header is no XML, expected an info with name, channel_count, nominal_srate and channel_format"));
        double channels = xml.number("channel_count");
        if (!(channels >= 1 && channels <= MAX_CHANNELS && channels == Math.rint(channels))) {
            throw new InvalidInputException(which + ": channel_count is " + quoted(xml.text("channel_count"))
                    + ", expected a number from 1 to " + MAX_CHANNELS);
        }
        if (Format.named(xml.text("channel_format")) == Format.UNDEFINED) {
            throw new InvalidInputException(which + ": channel_format is " + quoted(xml.text("channel_format"))
                    + ", expected float32, double64, string, int8, int16, int32 or int64");
        }
        if (streams.size() == MAX_STREAMS) {
            throw new InvalidInputException(path + ": more than " + MAX_STREAMS + " streams, expected fewer");
        }
        streams.put(chunks.stream(), new XdfStream(chunks.stream(), xml));
    }

    private static String quoted(String text) {
        return '"' + (text.length() <= 40 ? text : text.substring(0, 37) + "...") + '"';
    }

    private Optional<StreamXml> xml(Chunks chunks) {
        long length = chunks.to() - chunks.from();
        return length > MAX_XML
                ? Optional.empty()
                : StreamXml.parse(new String(bytes.asSlice(chunks.from(), length).toArray(JAVA_BYTE), UTF_8));
    }

    Path path() {
        return path;
    }

    /** Bytes of the file. */
    long size() {
        return bytes.byteSize();
    }

    MemorySegment bytes() {
        return bytes;
    }

    Chunks chunks() {
        return new Chunks(bytes);
    }

    /** The streams in the order of their headers. */
    Collection<XdfStream> streams() {
        return streams.values();
    }

    /** What is unusual about the file as a whole. */
    List<String> remarks() {
        return remarks;
    }

    InvalidInputException invalid(String complaint) {
        return new InvalidInputException(path + ": " + complaint);
    }

    @Override
    public void close() {
        if (mapping.scope().isAlive()) {
            mapping.close();
        }
    }
}
