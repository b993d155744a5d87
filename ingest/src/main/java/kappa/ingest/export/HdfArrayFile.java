package kappa.ingest.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jhdf.Constants;
import io.jhdf.HdfFile;
import io.jhdf.ObjectHeader;
import io.jhdf.WritableDatasetImpl;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import io.jhdf.exceptions.HdfException;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.message.DataLayoutMessage.ContiguousDataLayoutMessage;
import io.jhdf.object.message.DataSpace;
import io.jhdf.object.message.DataSpaceMessage;
import io.jhdf.object.message.DataTypeMessage;
import io.jhdf.object.message.FillValueMessage;
import io.jhdf.object.message.Message;
import io.jhdf.storage.HdfFileChannel;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.NewFile;
import kappa.ingest.recording.npz.NpzWriter;

/**
 * HDF5 through jHDF's writer, which holds whole arrays in memory; a data set of ours is streamed to its place instead,
 * contiguous and not compressed, and may be empty. Text is UTF-8 of fixed length, truth values are uint8.
 */
final class HdfArrayFile implements ArrayFile {

    private static final int BUFFER_BYTES = 1 << 16;

    private final NewFile file;
    private final WritableHdfFile hdf;
    private final Map<String, WritableGroup> groups = new HashMap<>();
    private boolean failed;
    private boolean closed;

    HdfArrayFile(Path file) {
        this.file = new NewFile(file);
        try {
            hdf = HdfFile.write(this.file.part());
        } catch (HdfException e) {
            throw this.file.unwritable(e);
        }
        hdf.putAttribute(WrittenByKappa.WRITER, NpzWriter.COMMENT);
        groups.put("", hdf);
    }

    @Override
    public void put(String name, ElementType type, NpzWriter.Bytes elements, long... shape) {
        Object example = switch (type) {
            case BOOL -> new byte[1];
            case INT32 -> new int[1];
            case INT64 -> new long[1];
            case FLOAT32 -> new float[1];
            case FLOAT64 -> new double[1];
        };
        add(name, example, DataType.fromObject(example, type == ElementType.BOOL), elements, shape);
    }

    @Override
    public void text(String name, List<String> values, long... shape) {
        int length = Math.max(1, values.stream().mapToInt(value -> value.getBytes(UTF_8).length).max().orElse(1));
        bytes(name, length, out -> {
            for (String value : values) {
                out.write(Arrays.copyOf(value.getBytes(UTF_8), length));
            }
        }, shape);
    }

    @Override
    public void bytes(String name, int elementBytes, NpzWriter.Bytes elements, long... shape) {
        String[] example = {" ".repeat(elementBytes)};
        // jHDF's strings end with a zero.
        add(name, example, DataType.fromObject(example), out -> elements.writeTo(new Padded(out, elementBytes)), shape);
    }

    private void add(String name, Object example, DataType type, NpzWriter.Bytes elements, long... shape) {
        failed = true; // until the array is there
        int slash = name.lastIndexOf('/');
        WritableGroup group = group(slash < 0 ? "" : name.substring(0, slash));
        String last = name.substring(slash + 1);
        group.putDataset(last, new Streamed(example, last, group, type, elements, shape));
        failed = false;
    }

    private WritableGroup group(String path) {
        WritableGroup known = groups.get(path);
        if (known != null) {
            return known;
        }
        int slash = path.lastIndexOf('/');
        WritableGroup group = group(slash < 0 ? "" : path.substring(0, slash)).putGroup(path.substring(slash + 1));
        groups.put(path, group);
        return group;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        file.close(() -> {
            try {
                hdf.close();
            } catch (HdfException e) {
                throw new IOException(e.getMessage(), e.getCause());
            }
        }, !failed);
    }

    /** Follows each element with a zero. */
    private static final class Padded extends OutputStream {
        private final OutputStream out;
        private final int elementBytes;
        private int at;

        Padded(OutputStream out, int elementBytes) {
            this.out = out;
            this.elementBytes = elementBytes;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[]{(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int done = 0;
            while (done < length) {
                int count = Math.min(length - done, elementBytes - at);
                out.write(bytes, offset + done, count);
                done += count;
                at += count;
                if (at == elementBytes) {
                    out.write(0);
                    at = 0;
                }
            }
        }
    }

    /** A data set whose elements are written when the file is. jHDF knows it only by an example of its elements. */
    private static final class Streamed extends WritableDatasetImpl {
        private final DataType type;
        private final DataSpace space;
        private final NpzWriter.Bytes elements;

        Streamed(Object example, String name, WritableGroup parent, DataType type, NpzWriter.Bytes elements,
                long... shape) {
            super(example, name, parent);
            this.type = type;
            this.elements = elements;
            // The example's shape, whatever its elements, is 1 in each dimension.
            int[] ones = new int[shape.length];
            Arrays.fill(ones, 1);
            Object one = shape.length == 0 ? (Object) 0 : Array.newInstance(int.class, ones);
            space = DataSpace.modifyDimensions(DataSpace.fromObject(one), shape);
        }

        @Override
        public long write(HdfFileChannel hdf, long position) {
            long size = Math.multiplyExact(space.getTotalLength(), type.getSize());
            int header = header(position, Constants.UNDEFINED_ADDRESS, size).limit();
            long start = position + header;
            // What is empty lies nowhere.
            hdf.write(header(position, size == 0 ? Constants.UNDEFINED_ADDRESS : start, size), position);
            FileChannel channel = hdf.getFileChannel();
            try {
                channel.position(start);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
                elements.writeTo(out);
                out.flush();
                if (channel.position() != start + size) {
                    throw new IllegalStateException(getPath() + ": " + (channel.position() - start)
                            + " bytes of elements, expected " + size);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return start + size;
        }

        private ByteBuffer header(long position, long address, long size) {
            List<Message> messages = new ArrayList<>(List.of(DataTypeMessage.create(type),
                    DataSpaceMessage.create(space), FillValueMessage.NO_FILL,
                    ContiguousDataLayoutMessage.create(address, size)));
            return new ObjectHeader.ObjectHeaderV2(position, messages).toBuffer();
        }
    }
}
