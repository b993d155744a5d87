"""The messages on kappa's topics, as classes of Protocol Buffers: ``wire.Activity``, ``wire.Latents``, ...

They are built from ``wire.bin``, the compiled form of ``ingest/src/main/proto/kappa/wire.proto``, by the Protocol Buffers
runtime that is installed. Code that protoc writes would work with some versions of the runtime only.
"""

import pathlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SCHEMA_VERSION = 1

_pool = descriptor_pool.DescriptorPool()


def _message(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_pool).GetPrototype(descriptor)


def _define():
    files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(__file__).with_name("wire.bin").read_bytes())
    for file in files.file:
        _pool.AddSerializedFile(file.SerializeToString())
        for message in file.message_type:
            globals()[message.name] = _message(_pool.FindMessageTypeByName(file.package + "." + message.name))
        for enum in file.enum_type:
            for value in enum.value:
                globals()[value.name] = value.number


_define()
