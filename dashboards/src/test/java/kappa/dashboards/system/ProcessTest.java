package kappa.dashboards.system;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * A class of tests whose work is done in processes of their own. It runs beside the classes that work in the tests' own process,
 * which often wait for real time, and beside another such class. Its tests run one after another in their order.
 */
@Tag("slow")
@Execution(ExecutionMode.CONCURRENT)
// Without a lock its methods would be concurrent, too.
@ResourceLock(providers = ProcessTest.OneAfterAnother.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface ProcessTest {

    /** A lock for each class, which its tests hold together. */
    final class OneAfterAnother implements ResourceLocksProvider {

        @Override
        public Set<Lock> provideForClass(Class<?> testClass) {
            return Set.of(new Lock(testClass.getName()));
        }
    }
}
