package kappa.ingest.recording.hdf5;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import kappa.ingest.InvalidInputException;

/**
 * The beginning of an HDF5 file, as far as it says how long the file is and whether it was closed (HDF5 file format
 * specification, section II.A). Stateless.
 */
final class Superblock {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

    /** Where a user block may end and HDF5 begin: 0, 512, 1024, 2048 and so on; nobody's is larger than this. */
    private static final long MAX_USER_BLOCK = 1 << 20;

    private static final int LENGTH = 64;
    private static final int VERSION_AT = 8;

    /** In version 3: open for writing, and in a way that lets others read meanwhile. */
    private static final int WRITING = 1;

    private static final int WRITING_FOR_READERS = 4;

    private Superblock() {}

    /** Where the file's HDF5 begins; -1 if it is no HDF5. */
    static long find(FileChannel channel) throws IOException {
        for (long at = 0; at <= MAX_USER_BLOCK; at = at == 0 ? 512 : 2 * at) {
            ByteBuffer start = ByteBuffer.allocate(SIGNATURE.length);
            if (channel.read(start, at) == SIGNATURE.length && start.flip().equals(ByteBuffer.wrap(SIGNATURE))) {
                return at;
            }
        }
        return -1;
    }

    /**
     * Refuses a file that is shorter than it says. What a damaged or unusual one says is left to whoever reads it.
     *
     * @throws InvalidInputException if the file was cut
     */
    static void requireWhole(Path file, FileChannel channel) throws IOException {
        long start = find(channel);
        ByteBuffer block = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        if (start < 0 || channel.read(block, start) < LENGTH) {
            return;
        }
        int version = block.get(VERSION_AT);
        int offsetBytes = block.get(version < 2 ? 13 : 9);
        if (version < 0 || version > 3 || offsetBytes != Long.BYTES) {
            return;
        }
        long end = block.getLong(switch (version) {
            case 0 -> 40;
            case 1 -> 44;
            default -> 28;
        });
        boolean open = version == 3 && (block.get(11) & (WRITING | WRITING_FOR_READERS)) != 0;
        long size = channel.size();
        if (end > size) {
            throw new InvalidInputException(file + ": has " + size + " bytes, but says it has " + end + ": "
                    + (open
                            ? "it is still being written, or its writer did not close it; close it there, or try h5clear -s"
                            : "it was cut while it was written, copied or downloaded; copy or download it again"));
        }
    }
}
