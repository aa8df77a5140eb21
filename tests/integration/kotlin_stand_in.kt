package org.tensorflow.lite

import java.io.DataInputStream
import java.io.File
import java.nio.ByteBuffer

/** A stand-in that writes what it is fed to a file, and answers with recorded outputs, floats of big-endian order. */
class Interpreter(private val recorded: File, private val fed: File) {
    fun runSignature(inputs: Map<String, Any>, outputs: Map<String, Any>) {
        val tensor = inputs.values.single() as ByteBuffer
        fed.appendBytes(ByteArray(tensor.capacity()) { tensor.get(it) })
        val stream = DataInputStream(recorded.inputStream().buffered())
        for (name in outputs.keys.sorted()) fill(outputs.getValue(name), stream)
    }

    private fun fill(value: Any, stream: DataInputStream) {
        when (value) {
            is FloatArray -> for (i in value.indices) value[i] = stream.readFloat()
            is Array<*> -> for (each in value) fill(each!!, stream)
        }
    }
}
