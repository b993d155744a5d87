package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kappa.fitting.task.Task;
import org.junit.jupiter.api.Test;

class TrainingPlanTest {

    @Test
    void shouldBeginDelayedMatchToSampleWithShortDelays() {
        Task task = Task.of(Task.Name.DMS);
        assertThat(TrainingPlan.of(task, false, 1).stages()).extracting(stage -> stage.delay().longest())
                .containsExactly(35, 50, 150);
        assertThat(TrainingPlan.of(task, false, 1).stages().getLast()).isEqualTo(task);
    }

    @Test
    void shouldWidenTheDurationsOfStimuliInStages() {
        Task task = Task.of(Task.Name.DMS).withStimulus(new Task.Span(10, 75));
        List<Task> stages = TrainingPlan.of(task, false, 1).stages();
        assertThat(stages.getFirst().stimulus()).isEqualTo(new Task.Span(25, 25));
        assertThat(stages.getLast()).isEqualTo(task);
        assertThat(stages).extracting(stage -> stage.stimulus().longest()).isSorted();
        assertThat(stages).extracting(stage -> -stage.stimulus().shortest()).isSorted();
        assertThat(TrainingPlan.ofFullRank(task)).isEqualTo(Task.of(Task.Name.DMS));
    }

    @Test
    void shouldStayWithinDurationsThatLeaveOutTheUsualOne() {
        Task task = Task.of(Task.Name.DMS).withStimulus(new Task.Span(30, 60));
        assertThat(TrainingPlan.of(task, false, 1).stages())
                .allSatisfy(stage -> assertThat(stage.stimulus().shortest()).isGreaterThanOrEqualTo(30));
    }
}
