package kappa.ingest.export;

import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.recording.npz.NpzWriter;

/** NPZ. Text becomes NumPy's {@code U}, UTF-32 of equal length. */
final class NpzArrayFile implements ArrayFile {

    private static final Charset UTF_32 = Charset.forName("UTF-32LE");

    private final NpzWriter npz;

    NpzArrayFile(Path file) {
        npz = NpzWriter.create(file);
    }

    @Override
    public void put(String name, ElementType type, NpzWriter.Bytes elements, long... shape) {
        npz.putBytes(name, type.descr, type.bytes, elements, shape);
    }

    @Override
    public void text(String name, List<String> values, long... shape) {
        int length = Math.max(1, values.stream().mapToInt(value -> value.codePointCount(0, value.length())).max()
                .orElse(1));
        npz.putBytes(name, "<U" + length, Integer.BYTES * length, out -> {
            for (String value : values) {
                out.write(Arrays.copyOf(value.getBytes(UTF_32), Integer.BYTES * length));
            }
        }, shape);
    }

    @Override
    public void bytes(String name, int elementBytes, NpzWriter.Bytes elements, long... shape) {
        npz.putBytes(name, "|S" + elementBytes, elementBytes, elements, shape);
    }

    @Override
    public void close() {
        npz.close();
    }
}
