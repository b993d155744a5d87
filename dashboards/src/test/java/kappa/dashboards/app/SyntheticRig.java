package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Random;
import java.util.stream.IntStream;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Announces a session and publishes trials of random counts. Not thread-safe. */
final class SyntheticRig {

    static final int TRIAL_BINS = 30;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String session;
    private final int neurons;
    private final Random random = new Random(1);
    private long trials;

    /** Announces the session. */
    SyntheticRig(KafkaProducer<byte[], byte[]> producer, String session, int neurons, FitSettings fit) {
        this.producer = producer;
        this.session = session;
        this.neurons = neurons;
        producer.send(new ProducerRecord<>(Topics.SESSIONS, session.getBytes(UTF_8),
                SessionHeader.newBuilder().setSchemaVersion(1).setSession(session).setBinWidthS(0.02).setTrials(true)
                        .setObservation(Observation.COUNTS).setFit(fit)
                        .addAllNeurons(IntStream.range(0, neurons).mapToObj(i -> "n" + i).toList()).build()
                        .toByteArray()));
    }

    /** Publishes the next trial. */
    void trial() {
        Activity.Builder activity = Activity.newBuilder().setSchemaVersion(1).setSession(session)
                .setFirstBin(trials * TRIAL_BINS);
        for (int t = 0; t < TRIAL_BINS; t++) {
            Bin.Builder bin = Bin.newBuilder().setRigTimeNs(20_000_000L * (trials * TRIAL_BINS + t + 1))
                    .setTrial(trials).setTrialEnd(t == TRIAL_BINS - 1);
            for (int i = 0; i < neurons; i++) {
                bin.addCounts(random.nextInt(2));
            }
            activity.addBins(bin);
        }
        producer.send(new ProducerRecord<>(Topics.ACTIVITY, session.getBytes(UTF_8), activity.build().toByteArray()));
        producer.flush();
        trials++;
    }
}
