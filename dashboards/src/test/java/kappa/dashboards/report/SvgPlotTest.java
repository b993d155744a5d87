package kappa.dashboards.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    @Test
    void shouldKeepPicturesApartForAReport() {
        String[] pictures = SvgPlot.pictures(List.of(plot(), plot())).split("\n\n", -1);
        assertThat(pictures).hasSize(2).allMatch(svg -> svg.startsWith("<svg "));
    }

    @Test
    void shouldHoldItsNumbersAsCsv() {
        SvgPlot plot = plot();
        plot.series("mean, of all").line(new double[]{1, 2.000001}, new double[]{0, Double.NaN}, "red", false, 1);
        plot.series("").line(new double[]{3}, new double[]{0.5}, "blue", false, 1).entry("intact", "blue");
        plot.mark(50, 0.25, "x", "red", "saddle");
        assertThat(plot.csv()).isEqualTo("series,x,y\n\"mean, of all\",1,0\nintact,3,0.5\nsaddle,50,0.25\n");
        assertThat(plot.svg()).contains("<metadata>series,x,y\n&quot;mean, of all&quot;,1,0\n");
        plot.arrow(1, 0, -2, 0.5, 2, 10);
        assertThat(plot.csv()).contains("series,x,y,velocity of x,velocity of y\n", "\nflow,1,0,-2,0.5\n");
        SvgPlot matrix = plot().names(List.of("m", "n"));
        matrix.cell(0, 1, 2, -0.25, "overlap");
        assertThat(matrix.csv()).isEqualTo("row,column,value\nm,n,-0.25\n");
    }

    @Test
    void shouldHaveARowForEachName() {
        SvgPlot plot = SvgPlot.ofRows("Sets", "change",
                List.of("population 1", "a set with a name that is much too long"), 0, 1);
        plot.dot(0.5, 0, "red", 3, "first");
        plot.dot(0.5, 1, "red", 3, "second");
        String svg = plot.svg();
        assertThat(svg).contains(">population 1</text>", "\u2026</text>");
        Matcher heights = Pattern.compile("cy=\"([\\d.]+)\"").matcher(svg);
        assertThat(heights.results().map(found -> Double.parseDouble(found.group(1)))).isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void shouldDrawDotsOfOneColourAsOnePathUnlessTheyHaveHints() {
        SvgPlot plot = plot();
        for (int i = 1; i <= 50; i++) {
            plot.dot(2 * i, 0.5, "red", 2, "");
        }
        plot.dot(50, 0.5, "red", 2, "the middle");
        assertThat(plot.svg().lines().filter(line -> line.contains("stroke=\"red\""))).singleElement().asString()
                .matches(".*d=\"(M[\\d.]+ [\\d.]+h0){50}\".*");
        assertThat(plot.svg()).containsOnlyOnce("<circle").contains("<title>the middle</title>");
    }

    @Test
    void shouldLeaveOutCellsOfAMatrixThatAreNearlyZero() {
        SvgPlot plot = plot();
        plot.cell(0, 0, 20, 0.5, "");
        plot.cell(1, 1, 20, 0.501, "");
        plot.cell(2, 2, 20, 0.001, "");
        assertThat(plot.svg().lines().filter(line -> line.contains("fill-opacity=\"0.52\"")
                || line.contains("fill-opacity=\"0.50\""))).singleElement().asString()
                .matches(".*d=\"(M[\\d.]+ [\\d.]+h[\\d.]+v[\\d.]+h-[\\d.]+z){2}\".*");
    }

    @Test
    void shouldGoOnBelowWhereALegendIsTooLongForOneLine() {
        SvgPlot plot = plot();
        for (String name : List.of("a rather long first name", "a rather long second name",
                "a rather long third name")) {
            plot.entry(name, "red");
        }
        assertThat(plot.svg()).contains("y=\"27\" font-size=\"10\">a rather long second name",
                "y=\"39\" font-size=\"10\">a rather long third name");
    }
}
