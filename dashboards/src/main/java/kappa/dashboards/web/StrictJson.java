package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;

/**
 * Reads what strangers send, one JSON object, into a record whose components are named like the fields: {@code firstBin} is
 * {@code first_bin}. No field is unknown, and no text stands for a number. A field that is not given is null. Stateless.
 */
final class StrictJson {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT).disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    private StrictJson() {}

    /** @throws InvalidInputException that says in one sentence what is wrong with the text */
    static <T extends Record> T read(String text, Class<T> type) {
        JsonNode json;
        try {
            json = MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new InvalidInputException("The request is not JSON.", e);
        }
        if (!json.isObject()) {
            throw new InvalidInputException("The request is not a JSON object.");
        }
        try {
            return MAPPER.treeToValue(json, type);
        } catch (UnrecognizedPropertyException e) {
            throw new InvalidInputException("The field " + Lines.one(e.getPropertyName()) + " is unknown, expected "
                    + Arrays.stream(type.getRecordComponents()).map(StrictJson::field)
                            .collect(Collectors.joining(", "))
                    + ".", e);
        } catch (JsonMappingException e) {
            String field = e.getPath().stream().map(Reference::getFieldName).findFirst().orElse("");
            JsonNode value = field.isEmpty() ? MissingNode.getInstance() : json.path(field);
            throw new InvalidInputException(field + " is " + Lines.one(value.toString()) + ", expected "
                    + expected(type, field) + ".", e);
        } catch (JsonProcessingException e) {
            throw new InvalidInputException("The request is not JSON.", e);
        }
    }

    /** An answer, whose fields are named in the same way. */
    static String write(Record answer) throws JsonProcessingException {
        return MAPPER.writeValueAsString(answer);
    }

    /** @throws InvalidInputException if the field is not given */
    static <V> V required(String field, V value, String expected) {
        if (value == null) {
            throw new InvalidInputException(field + " is missing, expected " + expected + ".");
        }
        return value;
    }

    private static String field(RecordComponent component) {
        return PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(component.getName());
    }

    private static String expected(Class<? extends Record> type, String field) {
        Type of = Arrays.stream(type.getRecordComponents()).filter(component -> field(component).equals(field))
                .findFirst().map(RecordComponent::getGenericType).orElse(Object.class);
        if (of == Boolean.class) {
            return "true or false";
        }
        return of instanceof ParameterizedType list
                ? "a list of " + word(list.getActualTypeArguments()[0]) + "s"
                : "a " + word(of);
    }

    private static String word(Type type) {
        return type == Integer.class || type == Long.class
                ? "whole number"
                : type == Double.class ? "number" : "text";
    }
}
