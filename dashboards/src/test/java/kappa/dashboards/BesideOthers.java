package kappa.dashboards;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Set;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * A class of tests that shares nothing with other tests of the process: no meters, no port, no log. It runs beside the classes
 * that do, which run one after another and often wait for real time, and beside another such class. Its own tests run one after
 * another in their order.
 */
@Execution(ExecutionMode.CONCURRENT)
// Without a lock its methods would be concurrent, too.
@ResourceLock(providers = BesideOthers.OneAfterAnother.class)
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface BesideOthers {

    /** A lock for each class, which its tests hold together. */
    final class OneAfterAnother implements ResourceLocksProvider {

        @Override
        public Set<Lock> provideForClass(Class<?> testClass) {
            return Set.of(new Lock(testClass.getName()));
        }
    }
}
