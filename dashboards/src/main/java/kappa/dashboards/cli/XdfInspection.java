package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.xdf.XdfContents;
import kappa.ingest.recording.xdf.XdfContents.Stream;

/** Says what an XDF file holds, and writes the command lines that would replay it. */
record XdfInspection(Path file, XdfContents contents) {

    void print(boolean json) {
        List<String> commands = commands();
        if (json) {
            Map<String, Object> figures = figures();
            figures.put("commands", commands);
            Output.json(figures);
            return;
        }
        say("file " + file);
        say("kind XDF");
        for (Stream stream : contents.streams()) {
            say("stream " + words(stream));
        }
        contents.remarks().forEach(remark -> say("note " + remark));
        commands.forEach(command -> say("  " + command));
    }

    private static String words(Stream stream) {
        String line = stream.words() + ": " + stream.samples() + " samples";
        if (!Double.isNaN(stream.first())) {
            line += String.format(Locale.ROOT, " from %.3f to %.3f s", stream.first(), stream.last());
        }
        if (stream.resets() > 0) {
            line += ", clock reset " + stream.resets() + (stream.resets() == 1 ? " time" : " times");
        }
        if (!stream.markers().isEmpty()) {
            line += ", such as " + String.join(", ", stream.markers());
        } else if (!stream.labels().isEmpty()) {
            line += ", channels " + String.join(", ", stream.labels().subList(0, Math.min(8, stream.labels().size())))
                    + (stream.labels().size() > 8 ? ", ..." : "");
        }
        return line;
    }

    private Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("file", file.toString());
        figures.put("kind", "xdf");
        List<Object> streams = new ArrayList<>();
        for (Stream stream : contents.streams()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", stream.name());
            one.put("stream", stream.words());
            one.put("rate_hz", stream.rate());
            one.put("channels", stream.channels());
            one.put("labels", stream.labels());
            one.put("samples", stream.samples());
            if (!Double.isNaN(stream.first())) {
                one.put("first_s", stream.first());
                one.put("last_s", stream.last());
            }
            one.put("clock_resets", stream.resets());
            one.put("markers", stream.markers());
            streams.add(one);
        }
        figures.put("streams", streams);
        figures.put("remarks", contents.remarks());
        return figures;
    }

    /** One for each stream that can be the activity, with the markers of the first stream that has some. */
    private List<String> commands() {
        List<String> commands = new ArrayList<>();
        List<String> others = new ArrayList<>();
        String quoted = NwbInspection.quoted(file.toString());
        Optional<Stream> markers = contents.streams().stream()
                .filter(stream -> stream.text() && !stream.markers().isEmpty())
                .findFirst();
        for (Stream stream : contents.streams()) {
            if (stream.text() || stream.samples() == 0) {
                continue;
            }
            String options = " --stream " + NwbInspection.quoted(stream.name());
            commands.add("./kappa live --session " + quoted + options);
            markers.ifPresent(marking -> commands.add("./kappa live --session " + quoted + options + " --markers "
                    + NwbInspection.quoted(marking.name()) + " --trial-start "
                    + NwbInspection.quoted(pattern(marking.markers()))));
            if (others.isEmpty()) {
                others.add("./kappa fit " + quoted + options + " --rank 2 --out NET.npz");
                others.add("./kappa convert " + quoted + options + " --out SESSION.npz");
            }
        }
        commands.addAll(others);
        return commands;
    }

    /** A regular expression for what most likely starts a trial. */
    private static String pattern(List<String> markers) {
        String start = markers.stream().filter(marker -> marker.matches("(?i).*(trial|start|begin).*")).findFirst()
                .orElse(markers.getFirst());
        return start.replaceAll("[^A-Za-z0-9 _-]", ".").replaceAll("[0-9]+", "[0-9]+");
    }

    /** Names in a file may hold anything, also what controls a terminal. */
    private static void say(String line) {
        System.out.println(InvalidInputException.oneLine(line));
    }
}
