package kappa.ingest.recording.hdf5;

import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import io.jhdf.links.ExternalLink;
import io.jhdf.object.datatype.Reference;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import kappa.ingest.InvalidInputException;

/**
 * An HDF5 file, of which jHDF reads the format. Whatever goes wrong in there, for a file can be damaged anywhere, comes out as
 * one line that names file, place and cause.
 *
 * <p>Not thread-safe.
 */
public final class Hdf5File implements AutoCloseable {

    private static final int MAX_LINKS = 16;

    static {
        BoundedFilter.install();
    }

    private final Path file;
    private final HdfFile hdf;
    private final long size;
    /** Holds the mapping, if the file is mapped, until the file is closed. */
    private final Arena mapping;

    private Hdf5File(Path file, HdfFile hdf, long size, Arena mapping) {
        this.file = file;
        this.hdf = hdf;
        this.size = size;
        this.mapping = mapping;
    }

    /** Whether a file begins as HDF5 does, a user block perhaps before it. */
    public static boolean isHdf5(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return Superblock.find(channel) >= 0;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    public static Hdf5File open(Path file) {
        // Shared, because a streamed session is opened by one thread and read by another.
        Arena mapping = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Superblock.requireWhole(file, channel);
            long size = channel.size();
            HdfFile hdf;
            if (size > Integer.MAX_VALUE) {
                hdf = guarded(file, "the file", () -> new HdfFile(file));
            } else {
                // Mapped as a whole, because then a damaged length fails before memory is taken for it, and chunks cost
                // no mapping each.
                ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, mapping).asByteBuffer();
                hdf = guarded(file, "the file", () -> HdfFile.fromByteBuffer(bytes));
            }
            opened = true;
            return new Hdf5File(file, hdf, size, mapping);
        } catch (IOException e) {
            throw unreadable(file, e);
        } finally {
            if (!opened) {
                mapping.close();
            }
        }
    }

    private static InvalidInputException unreadable(Path file, IOException e) {
        return new InvalidInputException(file + ": cannot be read (" + printable(e.toString()) + ")", e);
    }

    public Path file() {
        return file;
    }

    /** Bytes of the file. */
    public long size() {
        return size;
    }

    public Group root() {
        return hdf;
    }

    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(file + ": " + complaint);
    }

    /** Runs what reads the file. */
    public <T> T read(String what, Supplier<T> reading) {
        return guarded(file, what, reading);
    }

    private static <T> T guarded(Path file, String what, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (InvalidInputException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError | InternalError e) {
            // A damaged file leads jHDF to any of these: cycles, absurd lengths, pages that are gone.
            throw new InvalidInputException(file + ": " + what + " cannot be read: " + cause(e), e);
        }
    }

    private static String cause(Throwable thrown) {
        Throwable deepest = thrown;
        for (int depth = 0; deepest.getCause() != null && depth < 20; depth++) {
            deepest = deepest.getCause();
        }
        String message = deepest.getMessage() == null ? deepest.getClass().getSimpleName() : deepest.getMessage();
        String unsupported = null;
        if (message.contains("Virtual storage")) {
            unsupported = "it holds a virtual data set";
        } else if (message.contains("Region references")) {
            unsupported = "it holds region references";
        } else if (message.contains("data layout message version")) {
            unsupported = "it was written with libver='latest' of HDF5 2";
        } else if (message.contains("required filter is not available")) {
            unsupported = "a compression jHDF has no filter for (" + message.replaceFirst("^.*available:\\s*", "")
                    + ")";
        } else if (message.contains("zstd")) {
            unsupported = "bitshuffle with zstd";
        }
        return printable(unsupported == null
                ? "damaged, or of a kind jHDF does not read (" + message + ")"
                : unsupported + ", which jHDF does not read; h5repack can rewrite such a file");
    }

    /** Text out of a file, fit for one line of a message. */
    public static String printable(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= 160 ? line : line.substring(0, 157) + "...";
    }

    public List<String> names(Group group) {
        return read("group " + path(group), () -> List.copyOf(group.getChildren().keySet()));
    }

    /** A child, links followed; null if there is none. */
    public Node child(Group group, String name) {
        return read(path(group) + "/" + name, () -> {
            Node node = group.getChild(name);
            for (int hops = 0; node instanceof Link link; hops++) {
                String target = path(group) + "/" + name + " is a link to " + printable(link.getTargetPath());
                if (node instanceof ExternalLink) {
                    throw invalid(target + ", in another file: expected the data in this file");
                }
                try {
                    node = hops < MAX_LINKS ? link.getTarget() : null;
                } catch (RuntimeException | StackOverflowError e) { // a link to itself recurses
                    node = null;
                }
                if (node == null) {
                    throw invalid(target + ", where nothing can be found");
                }
            }
            return node;
        });
    }

    /** A data set in a group; null if there is none of the name. */
    public Hdf5Data data(Group group, String name) {
        return child(group, name) instanceof Dataset dataset
                ? new Hdf5Data(this, dataset, path(group) + "/" + name)
                : null;
    }

    /**
     * The data sets that references to objects lead to, in their order.
     *
     * @param most references
     * @throws InvalidInputException if they are no such references, lead to something else, or are more
     */
    public List<Hdf5Data> referenced(Hdf5Data references, int most) {
        long count = Math.multiplyExact(references.rows(), references.width());
        boolean objects = read(references.path(),
                () -> references.node().getDataType() instanceof Reference kind && kind.getSize() == Long.BYTES);
        if (!objects || count > most) {
            throw references.invalid("holds " + count + " elements of type " + references.kind() + ", expected at most "
                    + most + " references to objects");
        }
        List<Hdf5Data> found = new ArrayList<>();
        for (long address : references.addresses()) {
            String what = references.path() + ", reference to byte " + address;
            if (!(read(what, () -> hdf.getNodeByAddress(address)) instanceof Dataset dataset)) {
                throw invalid(what + ": leads to no data set");
            }
            found.add(new Hdf5Data(this, dataset, what));
        }
        return found;
    }

    /** Path without a slash at the end; the root's is empty. */
    public static String path(Node node) {
        return node.getPath().replaceFirst("/$", "");
    }

    /** The type that NWB gives an object; empty if it gives none. */
    public String type(Node node) {
        return text(node, "neurodata_type");
    }

    /** A text attribute; empty if it is missing or no text. */
    public String text(Node node, String attribute) {
        List<String> texts = texts(node, attribute);
        return texts.isEmpty() ? "" : texts.getFirst();
    }

    /** A text attribute of any shape; empty if it is missing or no text. */
    public List<String> texts(Node node, String attribute) {
        List<String> texts = new ArrayList<>();
        Object value = attribute(node, attribute);
        if (value instanceof String text) {
            texts.add(text.strip());
        } else if (value instanceof Object[] many) {
            for (Object one : many) {
                if (one instanceof String text) {
                    texts.add(text.strip());
                }
            }
        }
        return texts;
    }

    /** A number as an attribute, a single one. */
    public OptionalDouble number(Node node, String attribute) {
        Object value = attribute(node, attribute);
        if (value != null && value.getClass().isArray() && Array.getLength(value) == 1) {
            value = Array.get(value, 0);
        }
        return value instanceof Number number ? OptionalDouble.of(number.doubleValue()) : OptionalDouble.empty();
    }

    private Object attribute(Node node, String name) {
        return read("attribute " + name + " of " + path(node), () -> {
            Attribute attribute = node.getAttribute(name);
            return attribute == null ? null : attribute.getData();
        });
    }

    @Override
    public void close() {
        hdf.close();
        if (mapping.scope().isAlive()) {
            mapping.close();
        }
    }
}
