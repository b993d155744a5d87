package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.outlet.LatentOutlet;
import kappa.ingest.outlet.LatentSender;
import kappa.ingest.outlet.OscOutlet;
import kappa.ingest.outlet.Threshold;
import picocli.CommandLine.Option;

/** Where latent states are sent for closed loops in other programs. */
@Section.In(Section.RIG)
final class SendOptions {

    @Option(names = "--osc", paramLabel = "HOST:PORT",
            description = "Send κ of each bin as an OSC message over UDP: /kappa with the bin and the latent variables. "
                    + "May be repeated.")
    private List<String> osc = new ArrayList<>();

    @Option(names = "--threshold", paramLabel = "LATENT>LEVEL",
            description = "Send a message where a latent variable crosses a level, such as 1>0.5 or \"2<-1\": the OSC "
                    + "message /kappa/crossing, or an LSL marker. May be repeated.")
    private List<String> thresholds = new ArrayList<>();

    /** Sends the latent states of a session. */
    interface More extends Function<String, LatentOutlet> {}

    /** @param elsewhere whether they are sent by another option, too */
    void check(boolean elsewhere) {
        thresholds.forEach(Threshold::parse);
        if (!thresholds.isEmpty() && osc.isEmpty() && !elsewhere) {
            throw new InvalidInputException("--threshold is " + thresholds.getFirst()
                    + ", which needs --osc HOST:PORT, or --send with ./kappa rig lsl");
        }
    }

    /**
     * Sends what is published of a session from now on; closing it stops that.
     *
     * @param more another destination; null for none
     */
    Sending start(KafkaConnection connection, String session, More more) {
        List<LatentOutlet> outlets = new ArrayList<>();
        for (String address : osc) {
            outlets.add(new OscOutlet(address));
        }
        if (more != null) {
            outlets.add(more.apply(session));
        }
        if (outlets.isEmpty()) {
            return () -> {};
        }
        LatentSender sender = new LatentSender(connection, session, thresholds.stream().map(Threshold::parse).toList(),
                outlets);
        sender.start();
        return sender::close;
    }

    /** Stops sending. */
    interface Sending extends AutoCloseable {
        @Override
        void close();
    }
}
