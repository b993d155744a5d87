package kappa.ingest.rig.openephys;

import kappa.ingest.rig.BinAssembler;
import kappa.ingest.rig.Connector;
import kappa.ingest.rig.RigStatus;
import kappa.ingest.rig.UnitTable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Open Ephys by the plugin "ZMQ Interface", versions 0.3.0 and newer. One instance of the plugin sends one stream, and
 * so one clock: digital lines of another stream (a National Instruments card beside a probe) need a second instance,
 * whose samples count on another clock, and are out of this connector's reach.
 *
 * <p>Runs until its thread is interrupted: the GUI may stop acquisition, end and come back meanwhile.
 */
public final class OpenEphysConnector implements Connector {

    private static final Logger LOG = LoggerFactory.getLogger(OpenEphysConnector.class);
    private static final long LOOK_EVERY_NS = 5_000_000L;
    private static final long STOPPED_NS = 2_000_000_000L;
    private static final int BURST = 256;

    private final OpenEphysSettings settings;
    private final FoundStream found;
    private final UnitTable units;

    public OpenEphysConnector(OpenEphysSettings settings, FoundStream found, UnitTable units) {
        this.settings = settings;
        this.found = found;
        this.units = units;
    }

    @Override
    public void run(BinAssembler bins, RigStatus status) throws InterruptedException {
        PluginStream stream = new PluginStream(settings, found, new UnitPlaces(units, settings.unsorted()), bins,
                status);
        String state = "";
        int taken = 0;
        try (Reception reception = new Reception(settings.endpoint())) {
            while (true) {
                long caughtUpNs = reception.caughtUpNs(); // before the look into the queue, which is filled first
                Reception.Message message = reception.take(LOOK_EVERY_NS);
                if (message != null) {
                    stream.message(message);
                    if (++taken % BURST != 0) {
                        continue;
                    }
                } else {
                    stream.idle(caughtUpNs);
                }
                String now = state(reception);
                if (!now.equals(state)) {
                    state = now;
                    status.state(now);
                    LOG.info("Open Ephys: {}", now);
                }
            }
        }
    }

    private static String state(Reception reception) {
        if (System.nanoTime() - reception.heardNs() < STOPPED_NS) {
            return "acquiring";
        }
        return reception.answers() ? "acquisition is stopped" : "the GUI is gone";
    }

    /** Nothing is held between runs. */
    @Override
    public void close() {}
}
