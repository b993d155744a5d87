package kappa.dashboards.system;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import kappa.dashboards.app.SessionAccount;
import kappa.dashboards.system.Recording.Outcome;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.WithInputBasis;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import kappa.ingest.replay.SessionPlace;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.session.History;

/** A recording that is published as far as a gate is open. */
final class GatedReplay implements BinSource {

    private final BinSource source;
    private final Gate gate;
    private long next;

    private GatedReplay(BinSource source, Gate gate) {
        this.source = source;
        this.gate = gate;
    }

    /** Does in this process what {@code replay --rank 2 --until-end} does: publishes a session and follows it to its end. */
    static CompletableFuture<Outcome> start(String servers, Path file, String session, Speed speed, Gate gate) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        Thread.ofPlatform().name("gated-replay-" + session).daemon().start(() -> {
            try (BinSource source = new GatedReplay(new Playback(withInputBasis(file)), gate)) {
                outcome.complete(run(KafkaConnection.to(servers), source, session, speed));
            } catch (RuntimeException | Error | JsonProcessingException e) {
                outcome.completeExceptionally(e);
            }
        });
        return outcome;
    }

    private static kappa.ingest.recording.Recording withInputBasis(Path file) {
        NpzRecording recording = NpzRecording.open(file, null);
        return InputBasis.suits(recording)
                ? new WithInputBasis(recording, InputBasis.over(recording, InputBasis.DEFAULT_BUMPS))
                : recording;
    }

    private static Outcome run(KafkaConnection connection, BinSource source, String session, Speed speed)
            throws JsonProcessingException {
        SessionPublisher publisher = new SessionPublisher(connection);
        FitSettings live = FitSettings.of(2, 1);
        SessionPlace place = publisher.place(source, Optional.of(session),
                new FitSettings(live.rank(), live.hiddenNeurons(), live.timeConstantS(), live.seed(), speed.isMax(),
                        live.stepsPerTrial(), live.oneStep(), live.biases(), live.prior(), live.halfLifeTrials(),
                        live.trackerBins()));
        long bins = publisher.publish(source, place, speed, -1, (done, total, status) -> {});
        SessionAccount account = new SessionAccount(connection, place.state(History.NONE));
        account.follow(() -> false);
        JsonNode figures = new ObjectMapper()
                .readTree(new ObjectMapper().writeValueAsString(account.figures(bins, 0)));
        return new Outcome(figures, SnapshotCodec
                .saved(place.description(), account.state().snapshot().orElseThrow().value()).network());
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public RecordingDescription describe() {
        return source.describe();
    }

    @Override
    public long bins() {
        return source.bins();
    }

    @Override
    public boolean next(RecordedBin bin) {
        return gate.await(next++) && source.next(bin);
    }

    @Override
    public void skip(long bins) {
        next += bins;
        source.skip(bins);
    }

    @Override
    public void resume(long bins, RecordedBin last) {
        next += bins;
        source.resume(bins, last);
    }

    @Override
    public void close() {
        source.close();
    }
}
