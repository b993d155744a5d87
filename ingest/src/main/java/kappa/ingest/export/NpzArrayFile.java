package kappa.ingest.export;

import java.nio.file.Path;
import java.util.List;
import kappa.ingest.recording.npz.NpzWriter;

/** NPZ. Text becomes NumPy's {@code U}, UTF-32 of equal length. */
final class NpzArrayFile implements ArrayFile {

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
        npz.put(name, values, shape);
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
