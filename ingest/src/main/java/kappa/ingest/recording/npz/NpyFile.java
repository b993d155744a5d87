package kappa.ingest.recording.npz;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import kappa.ingest.InvalidInputException;

/**
 * A {@code .npy} file of NumPy's: one array, which is mapped and not read, so that it may be larger than memory. The header must
 * announce as many bytes as the file has. The array can be read until the file is closed. Thread-safe.
 */
public final class NpyFile implements AutoCloseable {

    private final Arena mapping;
    private final NpyArray array;

    private NpyFile(Arena mapping, NpyArray array) {
        this.mapping = mapping;
        this.array = array;
    }

    /**
     * Opens a file.
     *
     * @param name what the array is called in messages
     * @throws InvalidInputException if it is missing, no numeric array, or shorter or longer than its header says
     */
    public static NpyFile open(Path file, String name) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(file + ": no such file");
        }
        // Shared, because a streamed session is opened by one thread and read by another.
        Arena mapping = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            NpyHeader header = header(channel, file);
            NpyArray array = new NpyArray(file.toString(), name, header, map(channel, header, mapping));
            opened = true;
            return new NpyFile(mapping, array);
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be read (" + InvalidInputException.oneLine(e.toString()) + ")", e);
        } finally {
            if (!opened) {
                mapping.close();
            }
        }
    }

    private static NpyHeader header(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        // Left open: closing it would close the channel.
        InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1024);
        NpyHeader header = NpyHeader.read(in, file.toString(), size, "takes more than the " + size
                + " bytes of the file, which was cut or not written to its end: expected the whole file");
        long expected = header.elements() * header.type().bytes;
        long present = size - header.headerBytes();
        if (present != expected) {
            throw new InvalidInputException(file + ": holds " + present + " bytes of elements, but its shape "
                    + Arrays.toString(header.shape()) + " takes " + expected
                    + (present < expected ? ": it was cut or not written to its end" : ""));
        }
        return header;
    }

    private static ByteBuffer[] map(FileChannel channel, NpyHeader header, Arena mapping) throws IOException {
        long bytes = header.elements() * header.type().bytes;
        long piece = 1L << NpyArray.PIECE_BITS;
        ByteBuffer[] pieces = new ByteBuffer[Math.toIntExact(Math.ceilDiv(bytes, piece))];
        for (int i = 0; i < pieces.length; i++) {
            long from = i * piece;
            pieces[i] = channel.map(FileChannel.MapMode.READ_ONLY, header.headerBytes() + from,
                    Math.min(piece, bytes - from), mapping).asByteBuffer();
        }
        return pieces;
    }

    public NpyArray array() {
        return array;
    }

    @Override
    public void close() {
        if (mapping.scope().isAlive()) {
            mapping.close();
        }
    }
}
