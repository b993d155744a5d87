package kappa.ingest.recording.matlab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.arrays.NumericArray;
import kappa.ingest.recording.arrays.SessionArrays;
import kappa.ingest.recording.hdf5.Hdf5File;

/**
 * The arrays of a MATLAB file, by name. A field of a struct is {@code struct.field}; where the session's arrays are the fields of
 * the only struct that has any of them, they go by their own names too. An array of more than two extents loses a last one of 1
 * in MATLAB, which whoever reads it must expect. One thread.
 */
public final class MatlabFile implements SessionArrays, AutoCloseable {

    private static final String LEVEL_5 = "MATLAB 5.0 MAT-file";
    private static final String LEVEL_7_3 = "MATLAB 7.3 MAT-file";

    /** Any of these makes a struct a session. */
    private static final List<String> ACTIVITY = List.of("counts", "activity");

    private final Path file;
    private final MatlabArrays arrays;
    private final String prefix; // of the struct that is the session, with its point; empty for none

    private MatlabFile(Path file, MatlabArrays arrays) {
        this.file = file;
        this.arrays = arrays;
        Set<String> all = arrays.variables().keySet();
        List<String> structs = all.stream().filter(name -> ACTIVITY.contains(name.substring(name.lastIndexOf('.') + 1)))
                .map(name -> name.substring(0, name.lastIndexOf('.') + 1)).distinct().toList();
        prefix = structs.size() == 1 ? structs.getFirst() : "";
    }

    /** Whether a file begins as MATLAB's do; an HDF5 file without MATLAB's header goes by its name. */
    public static boolean isMatlab(Path file) {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(Mat5File.HEADER);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        }
        String text = new String(start, StandardCharsets.ISO_8859_1);
        return isLevel5(start) || text.startsWith(LEVEL_7_3) || (isNamed(file) && Hdf5File.isHdf5(file));
    }

    private static boolean isNamed(Path file) {
        return file.toString().matches("(?i).*\\.mat");
    }

    /** Other writers than MATLAB need not begin with its words, but all say version 1 and the order of bytes at the end. */
    private static boolean isLevel5(byte[] start) {
        if (start.length < Mat5File.HEADER) {
            return false;
        }
        String text = new String(start, StandardCharsets.ISO_8859_1);
        String end = text.substring(Mat5File.HEADER - 4);
        return end.equals("\0\1IM") || end.equals("\1\0MI") || text.startsWith(LEVEL_5);
    }

    /**
     * Opens a file and lists what it holds.
     *
     * @throws InvalidInputException if it is no MATLAB file, or damaged
     */
    public static MatlabFile open(Path file) {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(Mat5File.HEADER);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        }
        MatlabArrays arrays;
        if (Hdf5File.isHdf5(file)) {
            arrays = Mat73File.open(file);
        } else if (isLevel5(start)) {
            arrays = Mat5File.open(file);
        } else {
            throw new InvalidInputException(file + ": not a MATLAB file of v5, v6, v7 or v7.3: "
                    + (start.length == 0
                            ? "the file is empty"
                            : "one of v4, or Octave's text; save -v7 writes one that kappa reads"));
        }
        return new MatlabFile(file, arrays);
    }

    @Override
    public Path file() {
        return file;
    }

    /** Everything in the file, also what cannot be read. */
    public List<MatlabVariable> variables() {
        return List.copyOf(arrays.variables().values());
    }

    @Override
    public List<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (String name : arrays.variables().keySet()) {
            if (!prefix.isEmpty() && name.startsWith(prefix)) {
                names.add(name.substring(prefix.length()));
            }
        }
        names.addAll(arrays.variables().keySet());
        return new ArrayList<>(names);
    }

    @Override
    public Optional<NumericArray> find(String name) {
        MatlabVariable variable = variable(name);
        if (variable == null) {
            return Optional.empty();
        }
        if (!variable.numeric()) {
            throw new InvalidInputException(file + ": array '" + variable.name() + "' " + variable.problem());
        }
        return Optional.of(arrays.read(variable));
    }

    /** The session's own struct comes first; null if there is none. */
    private MatlabVariable variable(String name) {
        MatlabVariable own = prefix.isEmpty() ? null : arrays.variables().get(prefix + name);
        return own != null ? own : arrays.variables().get(name);
    }

    /** Lists of texts are cells of texts in MATLAB, or arrays of characters. */
    @Override
    public Optional<List<String>> texts(String name) {
        MatlabVariable variable = variable(name);
        if (variable == null) {
            return Optional.empty();
        }
        if (!variable.type().equals("cell") && !variable.type().equals("char")) {
            throw new InvalidInputException(file + ": array '" + variable.name() + "' is " + variable.type()
                    + ", expected a cell array of texts, such as {'a1', 'a2'}");
        }
        return Optional.of(arrays.texts(variable));
    }

    @Override
    public boolean matrices() {
        return true;
    }

    @Override
    public String listing() {
        List<String> words = arrays.variables().values().stream().map(MatlabVariable::words).toList();
        String line = words.isEmpty() ? "no variables" : String.join(", ", words);
        return InvalidInputException.oneLine(line.length() <= 400 ? line : line.substring(0, 397) + "...");
    }

    @Override
    public void close() {
        arrays.close();
    }
}
