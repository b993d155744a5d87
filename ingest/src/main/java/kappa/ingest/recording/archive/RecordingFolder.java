package kappa.ingest.recording.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.kilosort.KilosortRecording;
import kappa.ingest.recording.suite2p.Suite2pRecording;

/** Recognises folders by the names of the files in them. */
final class RecordingFolder {

    /** Folders within a folder that are looked into for a better suggestion. */
    private static final int LOOKED_INTO = 100;

    private static final int NAMED = 4;

    private static final Set<String> ZARR = Set.of(".zgroup", ".zarray", ".zattrs", ".zmetadata", "zarr.json");

    private RecordingFolder() {}

    static RecordingFormat format(Path folder) {
        return recognised(folder).orElseThrow(() -> unknown(folder));
    }

    private static Optional<RecordingFormat> recognised(Path folder) {
        if (KilosortRecording.isKilosort(folder)) {
            return Optional.of(RecordingFormat.KILOSORT);
        }
        return Suite2pRecording.isSuite2p(folder) ? Optional.of(RecordingFormat.SUITE2P) : Optional.empty();
    }

    private static InvalidInputException unknown(Path folder) {
        if (ZARR.stream().anyMatch(name -> Files.exists(folder.resolve(name)))) {
            return new InvalidInputException(folder + ": a Zarr folder, which kappa does not read: expected "
                    + RecordingFormat.listing() + "; PyNWB writes a Zarr session as HDF5: NWBHDF5IO.export");
        }
        List<String> within = new ArrayList<>();
        try (Stream<Path> children = Files.list(folder)) {
            children.limit(LOOKED_INTO).filter(Files::isDirectory).sorted()
                    .forEach(child -> recognised(child).ifPresent(format -> within.add(child + ", " + format)));
        } catch (IOException e) {
            return new InvalidInputException(folder + ": cannot be read (" + e + ")", e);
        }
        return new InvalidInputException(folder + ": a folder: expected " + RecordingFormat.listing()
                + (within.isEmpty()
                        ? ""
                        : "; it holds " + String.join("; ", within.subList(0, Math.min(NAMED, within.size())))));
    }
}
