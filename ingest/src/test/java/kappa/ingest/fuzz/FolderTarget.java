package kappa.ingest.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.InvalidInputException;

/**
 * Tries what reads folders with a folder of which one file is hostile: the first byte of an input says which one, a digit, and
 * the rest is the file. The others are sound. The folder lies in memory where that can be had.
 */
public final class FolderTarget implements Fuzzer.Target, AutoCloseable {

    /** Reads a folder, and throws {@link InvalidInputException} if it is none. */
    public interface Reader {
        void read(Path folder);
    }

    private final List<String> names;
    private final List<byte[]> sound = new ArrayList<>();
    private final Path folder;
    private final Reader reader;

    /** @param names of the files in the sound folder, at most ten */
    public FolderTarget(Path soundFolder, List<String> names, Reader reader) throws IOException {
        this.names = List.copyOf(names);
        this.reader = reader;
        Path memory = Path.of("/dev/shm");
        folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "kappa-fuzz")
                : Files.createTempDirectory("kappa-fuzz");
        for (String name : names) {
            sound.add(Files.readAllBytes(soundFolder.resolve(name)));
            Files.write(folder.resolve(name), sound.getLast());
        }
    }

    /** An input: which file it is, and what the file holds. */
    public static byte[] input(int file, byte[] content) {
        byte[] input = new byte[content.length + 1];
        input[0] = (byte) ('0' + file);
        System.arraycopy(content, 0, input, 1, content.length);
        return input;
    }

    /** The sound files as inputs. */
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (int i = 0; i < sound.size(); i++) {
            seeds.add(input(i, sound.get(i)));
        }
        return seeds;
    }

    @Override
    public String take(byte[] input) throws IOException {
        int which = input.length == 0 ? 0 : Math.floorMod(input[0] - '0', names.size());
        Path file = folder.resolve(names.get(which));
        Files.write(file, Arrays.copyOfRange(input, Math.min(1, input.length), input.length));
        try {
            reader.read(folder);
            return null;
        } catch (InvalidInputException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
            return e.getMessage();
        } finally {
            Files.write(file, sound.get(which));
        }
    }

    @Override
    public void close() throws IOException {
        for (String name : names) {
            Files.deleteIfExists(folder.resolve(name));
        }
        Files.deleteIfExists(folder);
    }
}
