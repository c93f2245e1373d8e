"""The pages operators watch, and what every web application of this project needs to be safe."""
