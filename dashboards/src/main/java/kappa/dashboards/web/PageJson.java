package kappa.dashboards.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;

/**
 * How records become JSON for the page. Arrays of numbers are written as floats, whose digits are enough to draw. JSON has
 * neither NaN nor infinity: both are null, which the page leaves out. What is null in a record is not written. Stateless.
 */
final class PageJson {

    static final JsonMapper MAPPER = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .addModule(new SimpleModule().addSerializer(double.class, new Numbers())
                    .addSerializer(Double.class, new Numbers()).addSerializer(double[].class, new Doubles())
                    .addSerializer(float[].class, new Floats()))
            .build();

    private PageJson() {}

    private static final class Numbers extends JsonSerializer<Double> {
        @Override
        public void serialize(Double value, JsonGenerator json, SerializerProvider provider) throws IOException {
            if (Double.isFinite(value)) {
                json.writeNumber(value.doubleValue());
            } else {
                json.writeNull();
            }
        }
    }

    private static final class Doubles extends JsonSerializer<double[]> {
        @Override
        public void serialize(double[] values, JsonGenerator json, SerializerProvider provider) throws IOException {
            float[] drawn = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                drawn[i] = (float) values[i];
            }
            provider.defaultSerializeValue(drawn, json);
        }
    }

    private static final class Floats extends JsonSerializer<float[]> {
        @Override
        public void serialize(float[] values, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeStartArray();
            for (float value : values) {
                if (Float.isFinite(value)) {
                    json.writeNumber(value);
                } else {
                    json.writeNull();
                }
            }
            json.writeEndArray();
        }
    }
}
