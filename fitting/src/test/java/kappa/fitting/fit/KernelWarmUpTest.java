package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import org.junit.jupiter.api.Test;

class KernelWarmUpTest {

    @Test
    void shouldUseEveryKernelThatASessionWill() {
        Set<String> used = new TreeSet<>();
        RnnKernels watched = (RnnKernels) Proxy.newProxyInstance(RnnKernels.class.getClassLoader(),
                new Class<?>[]{RnnKernels.class}, (proxy, kernel, arguments) -> {
                    used.add(kernel.getName());
                    try {
                        return kernel.invoke(KernelProvider.kernels(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });

        KernelWarmUp.run(watched);

        assertThat(used)
                .containsAll(Stream.of(RnnKernels.class.getMethods()).map(Method::getName).collect(Collectors.toSet()));
    }
}
