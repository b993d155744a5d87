package kappa.fitting.pipeline;

import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.PostStop;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Watches the actors of all sessions of a process. One that fails is reported by its own thread, at once: Akka tells its parent
 * only when all actors below it have ended, which one that hangs never does. One that hangs reports nothing; it is found by how
 * long it has been at one message.
 *
 * <p>Thread-safe.
 */
public final class SessionWatch {

    private final Duration hangsAfter;
    private final Consumer<Throwable> onFailure;
    private final Set<Work> works = ConcurrentHashMap.newKeySet();

    /**
     * @param hangsAfter how long an actor may be at one message before it is taken to hang
     * @param onFailure told each failure as a {@link SessionFailure}, from the thread in which it came up
     */
    public SessionWatch(Duration hangsAfter, Consumer<Throwable> onFailure) {
        this.hangsAfter = hangsAfter;
        this.onFailure = onFailure;
    }

    /**
     * What one actor does.
     *
     * @param name completes "session X: ... has failed"
     */
    Work work(String session, String name) {
        return new Work(session, name);
    }

    /** The sessions that hang at this moment, in one line; empty if none does. */
    public Optional<String> hanging() {
        long now = System.nanoTime();
        List<Work> hanging = works.stream().filter(work -> work.hangs(now))
                .sorted(Comparator.comparingLong((Work work) -> work.atOneMessageNs(now)).reversed()).toList();
        if (hanging.isEmpty()) {
            return Optional.empty();
        }
        long others = hanging.stream().map(work -> work.session).distinct().count() - 1;
        Work longest = hanging.getFirst();
        return Optional.of("session " + longest.session + ": " + longest.name + " has given no sign for "
                + Duration.ofNanos(longest.atOneMessageNs(now)).toSeconds() + " s"
                + (others == 0 ? "" : ", and " + others + " more sessions hang"));
    }

    /** How many sessions hang at this moment. */
    public long hangingSessions() {
        long now = System.nanoTime();
        return works.stream().filter(work -> work.hangs(now)).map(work -> work.session).distinct().count();
    }

    /** What one actor does at this moment. Thread-safe. */
    final class Work {

        private final String session;
        private final String name;
        /** Odd while the actor is at a message, else 0. */
        private volatile long sinceNs;

        private Work(String session, String name) {
            this.session = session;
            this.name = name;
        }

        /** The behaviour of the actor, watched. If it throws, the failure is reported and the actor stops. */
        <C> Behavior<C> watching(Class<C> commands, Behavior<C> behavior) {
            return Behaviors.intercept(() -> new Interceptor<>(this, commands), behavior);
        }

        /** Says that the message takes long and is not at a standstill. */
        void goesOn() {
            sinceNs = System.nanoTime() | 1;
        }

        private void begins() {
            works.add(this);
        }

        private void ends() {
            works.remove(this);
        }

        private long atOneMessageNs(long now) {
            long since = sinceNs;
            return since == 0 ? 0 : now - since;
        }

        private boolean hangs(long now) {
            return atOneMessageNs(now) > hangsAfter.toNanos();
        }

        private void failed(Throwable cause) {
            ends();
            onFailure.accept(new SessionFailure(session, name, cause));
        }
    }

    private static final class Interceptor<C> extends BehaviorInterceptor<C, C> {

        private final Work work;

        Interceptor(Work work, Class<C> commands) {
            super(commands);
            this.work = work;
        }

        private interface Step<C> {
            Behavior<C> take();
        }

        private Behavior<C> watched(Step<C> step) {
            work.goesOn();
            try {
                return step.take();
            } catch (RuntimeException | Error e) {
                work.failed(e);
                return Behaviors.stopped();
            } finally {
                work.sinceNs = 0;
            }
        }

        @Override
        public Behavior<C> aroundStart(TypedActorContext<C> context, PreStartTarget<C> target) {
            work.begins();
            return watched(() -> target.start(context));
        }

        @Override
        public Behavior<C> aroundReceive(TypedActorContext<C> context, C message, ReceiveTarget<C> target) {
            return watched(() -> target.apply(context, message));
        }

        @Override
        public Behavior<C> aroundSignal(TypedActorContext<C> context, Signal signal, SignalTarget<C> target) {
            if (signal instanceof PostStop) {
                work.ends();
            }
            return watched(() -> target.apply(context, signal));
        }
    }
}
