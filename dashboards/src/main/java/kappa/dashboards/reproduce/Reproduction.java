package kappa.dashboards.reproduce;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import kappa.dashboards.report.Verdict;
import kappa.ingest.InvalidInputException;
import kappa.ingest.NewFile;

/**
 * Computes items one after the other and keeps the result of each as a file, {@code ITEM.json}, so that a run that was
 * interrupted goes on with what is missing. The page is written anew after each item. Not thread-safe.
 */
public final class Reproduction {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * An item's result as it is kept.
     *
     * @param quick whether it was computed in the short form
     * @param seed the first seed
     * @param seconds that it took
     */
    public record Kept(String item, boolean quick, long seed, double seconds, Result result) {

        /** How many of the findings agree with the paper. */
        public long agreeing() {
            return result.findings().stream().filter(Result.Finding::agrees).count();
        }
    }

    private final Path directory;
    private final boolean again;

    /**
     * @param directory for the page and the results
     * @param again whether items are computed though there is a result of theirs
     * @throws InvalidInputException if the directory cannot be made
     */
    public Reproduction(Path directory, boolean again) {
        this.directory = directory;
        this.again = again;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new InvalidInputException("--out " + directory + ": cannot be made: " + InvalidInputException.why(e),
                    e);
        }
    }

    /** Computes what is missing, and writes the page. */
    public List<Kept> run(List<Item> items, Context context) {
        List<Kept> all = new ArrayList<>();
        for (Item item : items) {
            int number = all.size() + 1;
            Optional<Kept> earlier = again ? Optional.empty() : kept(item, context);
            String progress = item.name() + " (" + number + " of " + items.size() + ")";
            if (earlier.isPresent()) {
                context.progress().accept(progress + ": from an earlier run");
                all.add(earlier.get());
            } else {
                context.progress().accept(progress + ": " + item.title());
                long started = System.nanoTime();
                Result result = item.compute(context);
                Kept kept = new Kept(item.name(), context.quick(), context.seed(), (System.nanoTime() - started) / 1e9,
                        result);
                keep(kept);
                all.add(kept);
            }
            write(context);
        }
        return all;
    }

    /** How many rows agree, in a sentence. */
    public static String verdict(List<Kept> results) {
        return Verdict.reproduced(results.stream().mapToLong(Kept::agreeing).sum(),
                results.stream().mapToLong(kept -> kept.result().findings().size()).sum(),
                results.stream().filter(kept -> kept.agreeing() < kept.result().findings().size()).map(Kept::item)
                        .toList());
    }

    /** The page of all items that have a result of these settings, whether of this run or of an earlier one. */
    private void write(Context context) {
        List<Item> items = new ArrayList<>();
        List<Kept> results = new ArrayList<>();
        for (Item item : Items.all()) {
            kept(item, context).ifPresent(kept -> {
                items.add(item);
                results.add(kept);
            });
        }
        ReproductionPage.write(directory, items, results);
    }

    private Path file(String item) {
        return directory.resolve(item + ".json");
    }

    private Optional<Kept> kept(Item item, Context context) {
        Path file = file(item.name());
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            Kept kept = JSON.readValue(Files.readString(file), Kept.class);
            return kept.quick() == context.quick() && kept.seed() == context.seed() && kept.item().equals(item.name())
                    ? Optional.of(kept)
                    : Optional.empty();
        } catch (IOException e) {
            throw new InvalidInputException(file + ": is no result of an earlier run (" + e.getClass().getSimpleName()
                    + "): expected another --out, or --again to compute it anew", e);
        }
    }

    private void keep(Kept kept) {
        NewFile file = new NewFile(file(kept.item()));
        try (Writer writer = Files.newBufferedWriter(file.part(), UTF_8)) {
            writer.write(JSON.writeValueAsString(kept));
            file.close(writer, true);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw file.unwritable(e);
        }
    }
}
