package kappa.dashboards.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import kappa.ingest.InvalidInputException;
import kappa.ingest.export.SessionExport;
import kappa.ingest.export.SessionExport.Exported;
import kappa.ingest.log.KafkaConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A session as it lies on the topics, as a file for NumPy, MATLAB or Julia. */
@Command(name = "export", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Write a session from the topics to an NPZ or HDF5 file.",
    "",
    "The file holds activity, kappa with covariance, model snapshots, analyses, inactivations "
            + "and interventions; dashboards/docs/export.md describes every array. Source is a Kafka "
            + "cluster, a running live, or the directory of one that has ended.",
    "",
    "python3 -c 'import numpy; f = numpy.load(\"FILE.npz\"); print(f[\"kappa\"].shape)'",
    "",
    "The file is a session too: ./kappa fit FILE.npz --rank 2"})
final class ExportCommand implements Runnable {

    @Option(names = "--session", paramLabel = "ID", required = true,
            description = "Name of the session on the topics. If there is no such session, the available ones are "
                    + "listed.")
    private String session;

    @Option(names = "--out", paramLabel = "FILE.npz|FILE.h5", required = true,
            description = "File to write: NPZ or HDF5, with the same array names.")
    private Path out;

    @Mixin
    private LogOptions source;

    @Mixin
    private ForceOption force;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        SessionExport.requireKind(out);
        force.requireWritable(out);
        long started = System.nanoTime();
        Exported exported = source.with(this::export);
        tell(exported);
        Map<String, Object> figures = figures(exported, (System.nanoTime() - started) / 1e9);
        output.print(figures);
    }

    private Exported export(KafkaConnection connection) {
        Output.Progress progress = new Output.Progress("read", "records");
        return SessionExport.write(connection, session, out, progress::update);
    }

    private void tell(Exported exported) {
        if (!exported.over()) {
            System.err.println("session " + session + " is still being recorded: " + exported.bins() + " bins so far, "
                    + exported.counters().latents() + " of them with kappa"
                    + (exported.ended() ? "; its last model has not been published yet" : ""));
        }
        if (exported.unreadable() > 0) {
            System.err.println(exported.unreadable() + " unreadable records of kappa were left out");
        }
    }

    private Map<String, Object> figures(Exported exported, double seconds) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("session", session);
        figures.put("file", out.toString());
        figures.put("bytes", size());
        figures.put("neurons", exported.session().neurons().size());
        figures.put("rank", exported.session().rank());
        figures.put("bins", exported.bins());
        figures.putAll(exported.counters().figures());
        figures.put("trials", exported.trials());
        figures.put("snapshots", exported.snapshots());
        figures.put("analyses", exported.analyses());
        figures.put("inactivations", exported.inactivations());
        figures.put("interventions", exported.interventions());
        figures.put("unreadable", exported.unreadable());
        figures.put("complete", exported.over());
        figures.put("seconds", seconds);
        return figures;
    }

    private long size() {
        try {
            return Files.size(out);
        } catch (IOException e) {
            throw new InvalidInputException(
                    "--out " + out + ": was removed after it was written: " + InvalidInputException.why(e),
                    e);
        }
    }
}
