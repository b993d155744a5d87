package kappa.ingest.outlet;

import java.util.List;
import java.util.stream.IntStream;
import kappa.ingest.UnixTime;
import kappa.ingest.rig.lsl.Lsl;
import kappa.ingest.rig.lsl.Lsl.Format;
import kappa.ingest.rig.lsl.LslOutlet;

/**
 * Streams of the Lab Streaming Layer: {@value #LATENTS} with one sample for each bin, and {@value #CROSSINGS} with a marker for
 * each crossing, the threshold as it was typed. A stamp is the end of the bin, or now where the rig's clock is not known on
 * this host. One thread.
 */
public final class LslLatents implements LatentOutlet {

    /** Name of the stream of latent states. */
    public static final String LATENTS = "kappa";

    /** Name of the stream of crossings. */
    public static final String CROSSINGS = "kappa crossings";

    private static final double NS_PER_SECOND = 1e9;

    private final Lsl lsl;
    private final String session;
    private final double rate;
    private final LslOutlet crossings;
    private LslOutlet latents; // from the first bin on, which says how many variables there are

    /** @param binWidthSeconds of the session, whose inverse is the stream's nominal rate */
    public LslLatents(Lsl lsl, String session, double binWidthSeconds) {
        this.lsl = lsl;
        this.session = session;
        rate = 1 / binWidthSeconds;
        crossings = new LslOutlet(lsl, CROSSINGS, "Markers", 0, Format.STRING, session + "-crossings",
                List.of("threshold"));
    }

    @Override
    public void kappa(long bin, float[] kappa, long hostUnixNs) {
        if (latents == null) {
            latents = new LslOutlet(lsl, LATENTS, "Latents", rate, Format.FLOAT32, session + "-kappa",
                    IntStream.rangeClosed(1, kappa.length).mapToObj(k -> "kappa " + k).toList());
        }
        latents.push(stamp(hostUnixNs), IntStream.range(0, kappa.length).mapToDouble(k -> kappa[k]).toArray());
    }

    @Override
    public void crossing(Threshold threshold, long bin, float value, long hostUnixNs) {
        crossings.push(stamp(hostUnixNs), threshold.text());
    }

    private double stamp(long hostUnixNs) {
        double age = hostUnixNs == 0 ? 0 : (UnixTime.nowNs() - hostUnixNs) / NS_PER_SECOND;
        return lsl.localClock() - age;
    }

    @Override
    public void close() {
        crossings.close();
        if (latents != null) {
            latents.close();
        }
    }
}
