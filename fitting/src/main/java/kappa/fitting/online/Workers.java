package kappa.fitting.online;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/**
 * Shares numbered tasks out among threads and waits for them.
 *
 * @param threads or null to do everything in the caller's thread
 */
public record Workers(ExecutorService threads) {

    /** Runs tasks 0 to {@code tasks} - 1 and returns when all are done. */
    public void run(int tasks, IntConsumer task) {
        if (threads == null) {
            for (int i = 0; i < tasks; i++) {
                task.accept(i);
            }
            return;
        }
        List<Callable<Void>> calls = new ArrayList<>(tasks);
        for (int i = 0; i < tasks; i++) {
            int index = i;
            calls.add(() -> {
                task.accept(index);
                return null;
            });
        }
        try {
            for (Future<Void> done : threads.invokeAll(calls)) {
                done.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while fitting", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a task of the fit failed", e.getCause());
        }
    }
}
