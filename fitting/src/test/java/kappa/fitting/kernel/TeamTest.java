package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TeamTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void shouldRunEveryTaskOnceHoweverOftenItIsAsked(int threads) {
        try (Team team = new Team(threads)) {
            for (int time = 0; time < 2_000; time++) {
                AtomicIntegerArray done = new AtomicIntegerArray(time % 7);
                team.run(done.length(), (task, member) -> {
                    assertThat(member).isBetween(0, threads - 1);
                    done.incrementAndGet(task);
                });
                for (int task = 0; task < done.length(); task++) {
                    assertThat(done.get(task)).isEqualTo(1);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void membersInStepShouldSeeWhatOthersWroteBeforeTheyMet(int threads) {
        try (Team team = new Team(threads)) {
            for (int time = 0; time < 300; time++) {
                int[] written = new int[threads];
                AtomicInteger wrong = new AtomicInteger();
                team.together(threads, (member, members) -> {
                    for (int turn = 1; turn <= 5; turn++) {
                        written[member] = turn;
                        team.await(member, members, 2 * turn - 1);
                        for (int other = 0; other < members; other++) {
                            wrong.addAndGet(written[other] == turn ? 0 : 1);
                        }
                        team.await(member, members, 2 * turn);
                    }
                });
                assertThat(wrong).hasValue(0);
            }
        }
    }

    @Test
    @Timeout(60)
    void whoeverIsAloneShouldNotDisturbThoseInStep() {
        try (Team team = new Team(2)) {
            AtomicInteger turns = new AtomicInteger();
            for (int time = 0; time < 300; time++) {
                turns.set(0);
                team.together(2, (member, members) -> {
                    for (int turn = 1; turn <= 50; turn++) {
                        team.await(member, members, turn);
                        team.together(1, (alone, one) -> team.await(alone, one, 1));
                        turns.incrementAndGet();
                    }
                });
                assertThat(turns.get() % 50).isZero();
                assertThat(turns).hasPositiveValue();
            }
        }
    }

    @Test
    void aCallerThatComesMeanwhileShouldDoItsWorkAlone() {
        try (Team team = new Team(2)) {
            AtomicReference<Thread> worker = new AtomicReference<>();
            team.run(2, (task, _) -> {
                if (task == 0) {
                    team.run(3, (_, member) -> {
                        assertThat(member).isZero();
                        worker.set(Thread.currentThread());
                    });
                    assertThat(worker.get()).isSameAs(Thread.currentThread());
                }
            });
            assertThat(worker.get()).isNotNull();
        }
    }

    @Test
    void aFailureShouldReachTheCallerAndLeaveTheTeamUsable() {
        try (Team team = new Team(3)) {
            for (int failing = 0; failing < 6; failing++) {
                int which = failing;
                assertThatThrownBy(() -> team.run(6, (task, _) -> {
                    if (task == which) {
                        throw new IllegalArgumentException("task " + task);
                    }
                })).isInstanceOf(IllegalArgumentException.class).hasMessage("task " + which);
                AtomicInteger done = new AtomicInteger();
                team.run(6, (_, _) -> done.incrementAndGet());
                assertThat(done).hasValue(6);
            }
        }
    }
}
