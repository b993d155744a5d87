package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Random;
import java.util.concurrent.CompletableFuture;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A session in lockstep whose rig makes every mistake that must not confuse a restart: single bins without trial_end, records
 * of other sizes across trials, bins repeated, jumps to an index that is a later trial's first, trials that go back, a
 * neuron too few, and one trial so long that it is learned from in pieces. The last record also ends the session, in a trial
 * after which a checkpoint is due.
 */
final class HostileStream {

    static final int NEURONS = 20;
    static final int TRIAL_BINS = 30;
    static final int LONG_TRIAL = 8;
    static final int LONG_TRIAL_BINS = 4_500;
    /** The long one is three pieces of 2000, 2000 and 500 bins, and a checkpoint, every ten, falls between them. */
    static final int TRIALS = 28;
    static final int BINS = (TRIALS - 1) * TRIAL_BINS + LONG_TRIAL_BINS;

    private final String session;
    private final Gate gate;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Random random = new Random(5);

    private HostileStream(String session, Gate gate, KafkaProducer<byte[], byte[]> producer) {
        this.session = session;
        this.gate = gate;
        this.producer = producer;
    }

    /** Publishes the session beside the test, as far as the gate is open: the same bins for any id. */
    static CompletableFuture<Void> start(String servers, String session, Gate gate) {
        CompletableFuture<Void> published = new CompletableFuture<>();
        Thread.ofPlatform().name("hostile-stream-" + session).daemon().start(() -> {
            try (var producer = new KafkaProducer<byte[], byte[]>(KafkaConnection.to(servers).producer())) {
                new HostileStream(session, gate, producer).publish();
                published.complete(null);
            } catch (RuntimeException | Error e) {
                published.completeExceptionally(e);
            }
        });
        return published;
    }

    private void publish() {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(0.02).setObservation(Observation.COUNTS).setTrials(true).addInputChannels("light")
                .setFit(FitSettings.newBuilder().setRank(2).setSeed(3).setPacing(Pacing.LOCKSTEP)
                        .setStepsPerTrial(25));
        for (int i = 0; i < NEURONS; i++) {
            header.addNeurons("unit-" + i);
        }
        producer.send(new ProducerRecord<>(Topics.SESSIONS, session.getBytes(UTF_8), header.build().toByteArray()));
        int next = 0;
        while (next < BINS) {
            gate.await(next);
            if (random.nextInt(40) == 0) {
                mistake(next);
            }
            int count = random.nextInt(3) == 0 ? 1 + random.nextInt(40) : 1;
            Activity.Builder record = record(next);
            for (int t = 0; t < count && next < BINS; t++) {
                record.addBins(bin(next, trial(next), NEURONS));
                next++;
            }
            send(record.setEndOfSession(next == BINS));
        }
        producer.flush();
    }

    private void mistake(int next) {
        switch (random.nextInt(4)) {
            case 0 -> send(record(Math.max(0, next - 3)).addBins(bin(0, trial(Math.max(0, next - 3)), NEURONS)));
            case 1 -> send(record(firstBin(trial(next) + 2)).addBins(bin(0, trial(next) + 2, NEURONS)));
            case 2 -> send(record(next).addBins(bin(0, -1, NEURONS)));
            default -> send(record(next).addBins(bin(0, trial(next), NEURONS - 1)));
        }
    }

    private static int firstBin(int trial) {
        return trial * TRIAL_BINS + (trial > LONG_TRIAL ? LONG_TRIAL_BINS - TRIAL_BINS : 0);
    }

    private static int trial(int bin) {
        if (bin < firstBin(LONG_TRIAL)) {
            return bin / TRIAL_BINS;
        }
        return bin < firstBin(LONG_TRIAL + 1)
                ? LONG_TRIAL
                : LONG_TRIAL + 1 + (bin - firstBin(LONG_TRIAL + 1)) / TRIAL_BINS;
    }

    private Activity.Builder record(long firstBin) {
        return Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(firstBin);
    }

    private Bin bin(int index, int trial, int neurons) {
        Bin.Builder bin = Bin.newBuilder().setRigTimeNs(20_000_000L * (index + 1)).setTrial(trial)
                .addInputs(index / 10 % 2);
        for (int i = 0; i < neurons; i++) {
            bin.addCounts((int) (random.nextDouble() * (1.5 + Math.sin(index / 8.0 + i))));
        }
        return bin.build();
    }

    private void send(Activity.Builder record) {
        producer.send(new ProducerRecord<>(Topics.ACTIVITY, session.getBytes(UTF_8), record.build().toByteArray()));
    }
}
