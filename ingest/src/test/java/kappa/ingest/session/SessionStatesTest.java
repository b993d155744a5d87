package kappa.ingest.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import org.junit.jupiter.api.Test;

class SessionStatesTest {

    private final List<String> unusable = new ArrayList<>();
    private final SessionStates states = new SessionStates(2, session -> History.NONE,
            (topic, why) -> unusable.add(topic));

    private void fold(String topic, String session, long appendedUnixNs, Message message) {
        states.fold(new TopicRecord(topic, 3, 0, appendedUnixNs, session.getBytes(UTF_8), message.toByteArray()));
    }

    private void announce(String session, long createdUnixNs, String neuron) {
        fold(Topics.SESSIONS, session, 0, SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(0.02).setObservation(Observation.COUNTS).addNeurons(neuron)
                .setCreatedUnixNs(createdUnixNs).setFit(FitSettings.newBuilder().setRank(1)).build());
    }

    private void latents(String session, long unixNs) {
        fold(Topics.LATENTS, session, unixNs, Latents.newBuilder().setSchemaVersion(1).setSession(session)
                .setPublishedUnixNs(unixNs).addBins(LatentBin.newBuilder().addKappa(1).addCovariance(1)).build());
    }

    private List<String> kept() {
        return states.sessions().stream().map(state -> state.description().session()).toList();
    }

    @Test
    void shouldForgetTheLongestIdleSessionAndKnowItAgainWhenItBecomesActive() {
        announce("a", 1, "n");
        announce("b", 2, "n");
        announce("c", 3, "n");
        assertThat(kept()).containsExactly("c", "b");
        latents("a", 10);
        assertThat(kept()).containsExactly("a", "c");
        latents("b", 2);
        assertThat(kept()).as("an old bin does not displace a newer session").containsExactly("a", "c");
        assertThat(states.announced()).containsExactly("a", "b", "c");
        assertThat(states.partition("a")).isEqualTo(3);
    }

    @Test
    void shouldKeepTheFirstHeaderOfASession() {
        announce("a", 1, "first");
        announce("a", 2, "second");
        assertThat(states.session("a").orElseThrow().description().neurons()).containsExactly("first");
    }

    @Test
    void shouldTakeOverTheWarningsOfANewerHeaderThatIsTheSameOtherwise() {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession("a").setBinWidthS(0.02)
                .setObservation(Observation.COUNTS).addNeurons("n").setFit(FitSettings.newBuilder().setRank(1));
        fold(Topics.SESSIONS, "a", 0, header.build());
        latents("a", 10);
        fold(Topics.SESSIONS, "a", 0, header.addWarnings("no spike").build());
        SessionState state = states.session("a").orElseThrow();
        assertThat(state.warnings()).containsExactly("no spike");
        assertThat(state.newest()).as("the state goes on").isZero();
        fold(Topics.SESSIONS, "a", 0, header.clearWarnings().addWarnings("other").setBinWidthS(1).build());
        assertThat(state.warnings()).containsExactly("no spike");
        assertThat(unusable).isEmpty();
    }

    @Test
    void shouldCountRejectedRecordsOfSessionsThatItDoesNotKeep() {
        announce("a", 1, "n");
        for (String session : List.of("a", "nobody's")) {
            fold(Topics.REJECTED, session, 0, Rejected.newBuilder().setSchemaVersion(1).setSession(session).build());
        }
        assertThat(states.rejectedElsewhere()).isEqualTo(1);
        assertThat(states.session("a").orElseThrow().counters().rejected()).isEqualTo(1);
    }

    @Test
    void shouldTellWhatKappaHasWrittenAndNobodyCanUse() {
        fold(Topics.LATENTS, "a", 0, Latents.newBuilder().setSchemaVersion(2).setSession("a").build());
        fold(Topics.SESSIONS, "a", 0, SessionHeader.newBuilder().setSchemaVersion(2).setSession("a").build());
        assertThat(unusable).as("the pipeline rejects the header").containsExactly(Topics.LATENTS);
    }

    @Test
    void shouldTellHowASessionIsReplayed() {
        fold(Topics.PLAYBACKS, "a", 0, PlaybackState.newBuilder().setSchemaVersion(1).setSession("a").setBins(100)
                .setUntil(90).setSpeed(2).setPaused(true).build());
        ReplayState replay = states.replay("a").orElseThrow();
        assertThat(replay.until()).isEqualTo(90);
        assertThat(replay.paused()).isTrue();
        assertThat(states.replay("b")).isEmpty();
    }
}
