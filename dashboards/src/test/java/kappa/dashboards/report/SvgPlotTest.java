package kappa.dashboards.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SvgPlotTest {

    private static SvgPlot plot() {
        return new SvgPlot("a < b", "x", "y", 1, 100, 0, 1);
    }

    @Test
    void shouldLeaveAHoleWhereANumberIsNotFinite() {
        String svg = plot().line(new double[]{1, 50, 60, 100}, new double[]{0, Double.NaN, 0.5, 1}, "red", false, 1)
                .svg();
        assertThat(svg.lines().filter(line -> line.contains("stroke=\"red\"")).findFirst()).get().asString()
                .matches(".*d=\"M[\\d.]+ [\\d.]+M[\\d.]+ [\\d.]+L[\\d.]+ [\\d.]+\".*");
    }

    @Test
    void shouldEscapeText() {
        assertThat(plot().svg()).contains("a &lt; b").doesNotContain("a < b");
    }

    @Test
    void shouldPutTicksWhereAskedTo() {
        assertThat(plot().ticksAt(16, 64).svg()).contains(">16</text>", ">64</text>").doesNotContain(">20</text>");
        assertThat(plot().svg()).contains(">20</text>");
    }

    @Test
    void shouldPutTheGeometricMeanInTheMiddleOfALogarithmicAxis() {
        String middle = plot().line(new double[]{50.5}, new double[]{0}, "red", false, 1).svg();
        String logarithmic = plot().logarithmic().line(new double[]{10}, new double[]{0}, "red", false, 1).svg();
        assertThat(path(logarithmic)).isEqualTo(path(middle));
    }

    private static String path(String svg) {
        return svg.lines().filter(line -> line.contains("stroke=\"red\"")).findFirst().orElseThrow();
    }

    @Test
    void shouldPutPicturesSideBySide() {
        String row = SvgPlot.row(List.of(plot(), plot()));
        assertThat(row).startsWith("<svg ").contains("viewBox=\"0 0 840 330\"", " x=\"420\" width=\"420\"");
    }
}
